// The way to the server: as anybody, and as this card's phone with a bearer that
// is asked for anew when it has run out.
import { type Answer, type Ask, type Call, createCall, none } from '../shared/api'
import type { Problem } from './contract'
import type { Core } from './core'
import { assertion, originOf } from './keys'
import { type Because, changed, get, type Identity, put, read, write } from './store'

const OFFLINE = 20_000 // ms: how long one failed request speaks for the next
const LISTED = 900_000 // ms: how long a status list speaks for the next

export class Server {
  /** reached is called when a request got through after one had not. */
  reached: () => void = () => {}

  private failedAt = -Infinity
  private listedAt = -Infinity
  private readonly raw: Call
  private asking: Promise<Answer<unknown>> | null = null

  constructor(
    private readonly core: Core,
    fetcher: typeof fetch = (...a) => fetch(...a),
  ) {
    this.raw = createCall(fetcher, core.clock, core.source)
  }

  readonly call: Call = async (method, path, ask) => {
    const { core } = this
    core.calls++
    core.notify()
    const a = await this.raw<never>(method, path, ask)
    core.calls--
    const was = core.online
    core.online = a.status > 0 && a.status < 500
    if (!core.online) this.failedAt = core.source.mono()
    core.notify()
    if (!was && core.online) this.reached()
    return a
  }

  /** silent reports whether a request failed so lately that the next need not be waited for. */
  silent(): boolean {
    return !this.core.online && this.core.source.mono() - this.failedAt < OFFLINE
  }

  /** authed calls as this phone; proves itself again when the bearer has run out. */
  async authed<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
    const { core } = this
    for (let again = false; ; again = true) {
      if (!core.identity || core.ended) return { ...none, status: 403, code: core.ended ? `card_${core.ended.because || 'revoked'}` : 'card_none' }
      if (!core.identity.token) {
        const a = await (this.asking ??= this.prove().finally(() => (this.asking = null)))
        if (!core.identity?.token) return { ...a, data: null }
      }
      const { token, id } = core.identity
      const a = await this.call<T>(method, path, { ...ask, headers: { ...ask.headers, Authorization: 'Bearer ' + token } })
      if (a.status !== 401 || again) return a
      await this.drop(id, token)
    }
  }

  /** drop lays a bearer aside that is no longer taken, unless another tab has a newer one. */
  private async drop(id: string, token: string): Promise<void> {
    const { core } = this
    const held = await read(core.db, 'kv', (t) => get(t, 'identity'))
    if (!held || held.id !== id) return await core.load()
    core.identity = held.token === token ? { ...held, token: '' } : held
  }

  /** prove exchanges an assertion for a bearer, or learns that the card is over. */
  private async prove(): Promise<Answer<unknown>> {
    const { core } = this
    // The first answer has told the time, if that was what was wrong; and the page may stand under another name than the issuer.
    const issuer = originOf(core.identity?.text ?? '')
    let last: Answer<unknown> = none
    let told = false // the last assertion was made with the server's time
    for (const origin of [core.origin, core.origin, ...(issuer === core.origin ? [] : [issuer])]) {
      const { identity } = core
      if (!identity) return none
      told = core.clock.told()
      const body = { assertion: await assertion(identity.id, identity.key, origin + '/v1/my/token', core.clock.now()) }
      const a = await this.call<{ participant_token: string }>('POST', '/v1/my/token', { body })
      if (a.data) {
        if (core.identity?.id === identity.id) await core.keepIdentity({ ...core.identity, token: a.data.participant_token })
        return a
      }
      if (a.code === 'card_revoked' || a.code === 'card_replaced') await this.end(a.code === 'card_revoked' ? 'revoked' : 'replaced', identity.id)
      if (a.code !== 'assertion_invalid') return a
      last = a
    }
    if (core.identity) await this.unknown(core.identity, told)
    return last
  }

  /** unknown: who asked to be erased is nobody's phone any more, nor is one whose card is on the list of those that are over. */
  private async unknown({ id, text }: Identity, told: boolean): Promise<void> {
    const asked = await read(this.core.db, 'answers', (t) => t.get<{ value: { kind: string; state: string }[] }>('answers', 'requests'))
    const erased = asked?.value.some((r) => r.kind === 'erase' && r.state !== 'refused' && r.state !== 'cancelled')
    if (erased) await this.end('erased', id)
    else if (told && (await this.listed(text))) await this.end('', id)
  }

  /** listed reports whether the issuer's signed list says that the card is over. */
  private async listed(text: string): Promise<boolean> {
    const { source, clock } = this.core
    if (source.mono() - this.listedAt < LISTED) return false
    const said = await (await import('./listed')).revoked(text, this.call, clock)
    if (said !== null) this.listedAt = source.mono()
    return said === true
  }

  /**
   * end keeps why the card with this id is over, and nothing with which the phone
   * could act or that is about the person's doings; no name either of somebody who
   * may have been erased. Where another tab put another card, that stays.
   */
  async end(because: Because, of: string): Promise<void> {
    const { core } = this
    await write(core.db, 'kv answers', async (t) => {
      const held = await get(t, 'identity')
      if (held?.id !== of) return
      const { id = '', name = '', shortCode = '', expiresOn = '' } = because === 'revoked' || because === 'replaced' ? held : {}
      await put(t, 'ended', { because, id, name, shortCode, expiresOn })
      for (const key of ['identity', 'pending', 'seen']) await t.del('kv', key)
      for (const key of personal) if (key !== 'status' || because === 'erased') await t.del('answers', key)
    })
    core.epoch++
    core.unseen = 0
    await core.load()
    changed()
  }
}

/** personal are the answers about the person; the rest is for everybody. */
export const personal = ['status', 'uses', 'benefits', 'wishes', 'cards', 'data', 'requests', 'accesses']

/** problemOf is the code that the screens have a sentence for. */
export function problemOf({ status, code }: { status: number; code: string }): Problem {
  if (status === 0) return { code: 'offline' }
  if (status === 429) return { code: 'rate_limited' }
  if (status === 503) return { code: 'overloaded' }
  return { code: status >= 500 ? 'other' : code === 'processing_restricted' ? 'restricted' : code || 'other' }
}
