// Renewing the card: the same card with a new day and signature, long before
// its end, one at a time over all tabs and the worker. No page is needed.
import { b64url } from '../shared/bytes'
import { Core } from './core'
import { formOf } from './keys'
import { alone } from './lock'
import { Server } from './server'
import type { OwnCardText } from './wire'

/** TAG is what the browser's Background Sync calls it. */
export const TAG = 'berlaku-renew'

/**
 * renew renews the card when that is due. It returns '' when there is nothing
 * left to do, else the code of what stood in the way.
 */
export function renew(core: Core, server: Server): Promise<string> {
  if (!core.due()) return Promise.resolve('')
  const work = async (): Promise<string> => {
    await core.load() // another tab may have done it meanwhile
    return core.due() ? ask(core, server) : ''
  }
  return alone(core, 'renew', work, 'busy')
}

async function ask(core: Core, server: Server): Promise<string> {
  const a = await server.authed<OwnCardText>('POST', '/v1/my/card/renew')
  if (!a.data) return a.code || 'other'
  return (await adopt(core, a.data)) && !core.due() ? '' : 'other'
}

/**
 * adopt keeps a text that the server gave: of this phone's card, or of the one
 * that the branch put in its place on the same phone. It returns false for a
 * text of another phone, which could not be shown with this key.
 */
export async function adopt(core: Core, { card, masked_name: name, short_code: shortCode }: OwnCardText): Promise<boolean> {
  const form = await formOf(card.text)
  const { identity } = core
  if (!form || !identity || b64url(form.point!.x) !== identity.x) return false
  await core.keepIdentity({ ...identity, id: card.id, text: card.text, exp: form.exp, expiresOn: card.expires_on, name, shortCode }, identity.id)
  return true
}

/** renewAlone is for the service worker: opens, renews, closes; returns as renew does. */
export async function renewAlone(): Promise<string> {
  const core = new Core()
  await core.open()
  try {
    const code = await renew(core, new Server(core))
    await core.keepTime()
    return code
  } finally {
    core.db.close()
  }
}
