// A card comes onto this phone. The key is stored before anybody hears of it,
// so that a phone whose answer was lost asks the same again and gets the same
// card: the server knows code and key by then.
import { keyPair } from '../shared/device'
import type { Notice, Problem } from './contract'
import type { Core } from './core'
import { formOf } from './keys'
import { alone } from './lock'
import { personal, problemOf, type Server } from './server'
import { changed, get, type Identity, type Pending, put, read, write } from './store'
import type { Activated } from './wire'

const LIFE = 7 * 86400 // seconds that a code is good

/** plain is how a code is compared: as the server reads it. */
const plain = (code: string): string => code.replace(/[\s-]/g, '').toUpperCase()

export async function activate(core: Core, server: Server, code: string, notice: Notice): Promise<Problem | null> {
  if (!plain(code)) return { code: 'activation_invalid' }
  return alone<Problem | null>(core, 'activate', () => begin(core, server, plain(code), notice), { code: 'other' })
}

async function begin(core: Core, server: Server, code: string, notice: Notice): Promise<Problem | null> {
  const consent = { version: notice.version, text_hash: notice.hash }
  const before = await read(core.db, 'kv', (t) => get(t, 'pending')).catch(() => undefined)
  let keys: Pick<Pending, 'key' | 'x' | 'y'>
  try {
    keys = before?.code === code ? before : await keyPair()
  } catch {
    return { code: 'keys' }
  }
  const pending: Pending = { code, key: keys.key, x: keys.x, y: keys.y, consent, at: core.clock.now() }
  try {
    await write(core.db, 'kv', (t) => put(t, 'pending', pending))
  } catch {
    return { code: 'storage' }
  }
  return ask(core, server, pending)
}

/** resume asks again for a card whose answer never came. */
export async function resume(core: Core, server: Server): Promise<void> {
  const pending = await read(core.db, 'kv', (t) => get(t, 'pending'))
  if (!pending) return
  if (core.clock.now() - pending.at > LIFE) return await write(core.db, 'kv', (t) => t.del('kv', 'pending'))
  const work = async (): Promise<null> => {
    const still = await read(core.db, 'kv', (t) => get(t, 'pending'))
    if (still?.code === pending.code) await ask(core, server, still)
    return null
  }
  await alone(core, 'activate', work, null)
}

async function ask(core: Core, server: Server, { code, key, x, y, consent }: Pending): Promise<Problem | null> {
  const body = { code, device_key: { kty: 'EC', crv: 'P-256', x, y }, consent }
  const a = await server.call<Activated>('POST', '/v1/activations', { body, timeout: 20_000 })
  if (!a.data) {
    // Any other refusal has not used the code up, or an answer before it was lost: the key is kept.
    if (a.code === 'activation_invalid') await write(core.db, 'kv', (t) => t.del('kv', 'pending'))
    return problemOf(a)
  }
  const { card, participant_token: token = '' } = a.data
  const form = await formOf(card.text)
  if (!form) return { code: 'other' }
  await keep(core, {
    id: card.id, text: card.text, key, x, token, name: card.masked_name, shortCode: card.short_code ?? '', expiresOn: card.expires_on, exp: form.exp,
  })
  return null
}

/** keep makes a card the one of this phone; nothing of another stays. */
async function keep(core: Core, identity: Identity): Promise<void> {
  const clock = core.clock.saved()
  await write(core.db, 'kv answers', async (t) => {
    for (const name of ['pending', 'ended', 'seen']) await t.del('kv', name)
    for (const name of personal) await t.del('answers', name)
    await put(t, 'identity', identity)
    await put(t, 'clock', clock)
  })
  core.epoch++
  core.unseen = 0
  await core.load()
  changed()
}
