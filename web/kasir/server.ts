// The way to the server: as anybody, and as this till with a bearer that is
// asked for when it is needed.
import { type Answer, type Ask, type Call, createCall, none } from '../shared/api'
import type { Core } from './core'
import { assertion } from './proof'

const OFFLINE = 20_000 // ms: how long one failed request speaks for the next

export class Server {
  /** reached is called when a request got through after one had not. */
  reached: () => void = () => {}

  private failedAt = -Infinity
  private readonly raw: Call
  private bearer: { token: string; until: number } | null = null
  private asking: Promise<Answer<unknown>> | null = null

  constructor(
    private readonly core: Core,
    fetcher: typeof fetch = (...a) => fetch(...a),
  ) {
    this.raw = createCall(fetcher, core.clock, core.source)
  }

  readonly call: Call = async (method, path, ask) => {
    const { core } = this
    const a = await this.raw<never>(method, path, ask)
    const was = core.online
    core.online = a.status > 0 && a.status < 500
    if (!core.online) this.failed()
    if (was !== core.online) core.notify()
    if (!was && core.online) this.reached()
    return a
  }

  failed(): void {
    this.core.online = false
    this.failedAt = this.core.source.mono()
  }

  /** silent reports whether a request failed so lately that the next need not be waited for. */
  silent(): boolean {
    return !this.core.online && this.core.source.mono() - this.failedAt < OFFLINE
  }

  /** authed calls as this till; proves itself again when the bearer has run out. */
  async authed<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
    for (let again = false; ; again = true) {
      if (!this.bearer || this.bearer.until < this.core.source.mono()) {
        const a = await (this.asking ??= this.prove().finally(() => (this.asking = null)))
        if (!this.bearer) return { ...a, data: null }
      }
      if (ask.signal?.aborted) return none
      const a = await this.call<T>(method, path, { ...ask, headers: { ...ask.headers, Authorization: 'Bearer ' + this.bearer.token } })
      if (a.status !== 401 || again) return a
      this.bearer = null
    }
  }

  /** forget drops the bearer, as when another till is begun with. */
  forget(): void {
    this.bearer = null
  }

  private async prove(): Promise<Answer<unknown>> {
    const { core } = this
    this.bearer = null
    for (let again = false; ; again = true) {
      const { till } = core
      if (!till || till.state === 'revoked') return { ...none, status: 401, code: 'till_revoked' }
      const body = { assertion: await assertion(till, till.audience, core.clock) }
      const a = await this.call<{ access_token: string; expires_in: number }>('POST', '/v1/tills/token', { body })
      if (a.data) {
        this.bearer = { token: a.data.access_token, until: core.source.mono() + (a.data.expires_in - 30) * 1000 }
        if (till.state === 'pending') await core.setTill({ ...till, state: 'active' })
        return a
      }
      if (a.code === 'till_revoked') {
        core.problem = { code: till.state === 'pending' ? 'till_not_confirmed_in_time' : a.code }
        await core.setTill(till.state === 'pending' ? null : { ...till, state: 'revoked' })
      }
      // The first answer has told the time, if that was what was wrong.
      if (a.code !== 'assertion_invalid' || again) return a
    }
  }
}

/** within waits for an answer so many milliseconds; undefined when it takes longer. */
export function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
