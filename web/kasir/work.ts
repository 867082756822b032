// What the engine does once it stands: the counter, the cashiers, what is held
// and what is sent, and the background work that keeps these going. Fetched
// while the first picture is drawn.
import { fromB64url } from '../shared/bytes'
import { keyPair } from '../shared/device'
import { remove } from '../shared/idb'
import { localAt } from '../shared/terms'
import { learn, refresh } from './bundle'
import { keepSession, signIn, tellLocks } from './cashiers'
import type { Engine, Problem, Sum, Totals, Use } from './contract'
import type { Core, EngineDeps } from './core'
import { Counter } from './counter'
import { fingerprint } from './proof'
import { Server } from './server'
import { changed, NAME, onChange, put, type Row, write } from './store'
import { syncOnce } from './sync'
import { Verdicts } from './verdicts'
import type { Joined } from './wire'

const TICK = 3000 // ms
const UNSENT = 30_000
const FRESH = 300_000
const PROBE = 10_000 // while there is no network: the screen says soon when there is one again
const DAYS = 7 * 86400

export class Work {
  private readonly server: Server
  private readonly verdicts: Verdicts
  private readonly counter: Counter
  private readonly background: boolean
  private sending: Promise<void> | null = null
  private refreshing: Promise<boolean> | null = null
  private nextSync = 0
  private nextFresh = 0
  private failures = 0

  constructor(
    private readonly core: Core,
    deps: EngineDeps,
  ) {
    this.background = deps.background ?? true
    this.server = new Server(core, deps.fetch)
    this.verdicts = new Verdicts(core, this.server, () => this.refresh())
    this.counter = new Counter(core, this.server, this.verdicts)
  }

  /** begin settles what an earlier life left, and starts the background work. */
  async begin(): Promise<void> {
    const { core } = this
    core.learn = () => learn(core)
    await core.learn()
    await this.purge()
    this.server.reached = () => {
      this.nextSync = this.nextFresh = 0
      if (this.background) quietly(this.sync())
    }
    await this.persist('persisted')
    if (this.background) this.listen()
  }

  private listen(): void {
    const tick = (): void => {
      if (document.visibilityState === 'visible') quietly(this.tick())
    }
    const now = (): void => {
      this.nextSync = this.nextFresh = 0
      tick()
    }
    addEventListener('online', now)
    document.addEventListener('visibilitychange', now)
    onChange(() => quietly(this.elsewhere()))
    setInterval(tick, TICK)
    tick()
  }

  /** elsewhere takes in what another tab or the worker did; when that sent something, there is a network. */
  private async elsewhere(): Promise<void> {
    const had = this.core.unsent
    await this.core.load()
    if (this.core.unsent < had && !this.core.online) await this.refresh()
  }

  private async tick(): Promise<void> {
    const { core } = this
    const now = core.source.mono()
    const phase = core.phase()
    core.notify()
    if (phase === 'pending') return this.poll()
    if (phase === 'new' || phase === 'loading') return
    if (now >= this.nextSync) {
      this.nextSync = now + UNSENT * 2 ** Math.min(this.failures, 3)
      await this.sync()
    }
    if (phase !== 'revoked' && now >= this.nextFresh) {
      this.nextFresh = now + FRESH
      if (!(await this.refresh())) this.nextFresh = now + PROBE
      await tellLocks(core, this.server)
    }
  }

  private refresh(): Promise<boolean> {
    return (this.refreshing ??= refresh(this.core, this.server).finally(() => (this.refreshing = null)))
  }

  // Joining and leaving.

  async join(code: string, name: string): Promise<Problem | null> {
    const { core } = this
    if (core.till && (core.till.state !== 'revoked' || (await this.held()))) return { code: core.till.state === 'revoked' ? 'unsent' : 'other' }
    if (!name.trim() || name.trim().length > 60) return { code: 'name_invalid' }
    const { key, x, y } = await keyPair()
    const a = await this.server.call<Joined>('POST', '/v1/tills', { body: { code: code.trim(), public_key: { kty: 'EC', crv: 'P-256', x, y }, name: name.trim() } })
    if (!a.data) return problemOf(a)
    const { till_id: id, audience, hand_in_audience } = a.data
    const till = {
      id, name: name.trim(), fingerprint: await fingerprint(fromB64url(x)!, fromB64url(y)!), state: 'pending' as const, key,
      audience: audience ?? location.origin + '/v1/tills/token', handIn: hand_in_audience ?? location.origin + '/v1/redemptions/batch',
    }
    await write(core.db, 'kv uses', async (t) => {
      for (const name of ['bundle', 'session', 'pins', 'spent', 'seen']) await t.del('kv', name)
      for (const { key } of await t.all<Row>('uses')) await t.del('uses', key)
      await put(t, 'chain', { seq: 0, prev: '' })
      await put(t, 'till', till)
      await put(t, 'clock', core.clock.saved())
    })
    core.problem = null
    this.server.forget()
    await core.load()
    changed()
    await this.persist('persist')
    return null
  }

  /** persist asks the browser to keep what is stored, or whether it does. */
  private async persist(ask: 'persist' | 'persisted'): Promise<void> {
    const { core } = this
    core.persistent = (await globalThis.navigator?.storage?.[ask]?.().catch(() => false)) ?? false
    core.notify()
  }

  async poll(): Promise<void> {
    const { core } = this
    if (core.phase() !== 'pending') return
    if (await this.refresh()) {
      this.nextFresh = core.source.mono() + FRESH
      core.notify()
    }
  }

  async leave(force: boolean): Promise<Problem | null> {
    const { core } = this
    if (!force && (await this.held())) return { code: 'unsent' }
    if (core.till?.state === 'active') await this.bidFarewell()
    await this.sending?.catch(() => {})
    core.db.close()
    await remove(core.factory, NAME)
    core.forget()
    this.server.forget()
    await core.open()
    changed()
    return null
  }

  /** bidFarewell gives the allowances back, if nothing rests on them, and ends the till; as far as the server answers. */
  private async bidFarewell(): Promise<void> {
    const tell = async (path: string): Promise<boolean> => (await this.server.authed('POST', path, { timeout: 5000 })).status > 0
    for (const { id } of this.core.unsent ? [] : this.core.allowances) if (!(await tell(`/v1/till/allowances/${id}/return`))) return
    await tell('/v1/till/leave')
  }

  /** held reports whether anything would be lost: unsent, or without an answer. */
  private async held(): Promise<boolean> {
    const { core } = this
    await core.count()
    return core.unsent > 0 || (await core.rows()).some((r) => r.state === 'asking' || r.state === 'unsure')
  }

  // Cashiers.

  signIn = (id: string, pin: string): Promise<Problem | null> => signIn(this.core, id, pin)
  signOut = (): Promise<void> => keepSession(this.core, null)

  /** touch puts off the lock that comes after ten minutes without a hand. */
  private touch(): void {
    const { core } = this
    const at = core.clock.now()
    if (!core.cashier() || !core.session || at - core.session.at < 20) return
    quietly(keepSession(core, { ...core.session, at }))
  }

  // The counter.

  scan = (text: string): ReturnType<Engine['scan']> => this.after(this.verdicts.scan(text))
  redeem = (...a: Parameters<Engine['redeem']>): Promise<Use> => this.after(this.counter.redeem(...a))
  retry = (key: string): Promise<Use> => this.after(this.counter.retry(key))
  giveUp = (key: string): Promise<void> => this.after(this.counter.giveUp(key))
  undo = (...a: Parameters<Engine['undo']>): ReturnType<Engine['undo']> => this.after(this.counter.undo(...a))
  preview(...[, offer, gross]: Parameters<Engine['preview']>): Sum {
    this.touch()
    return this.verdicts.preview(offer, gross)
  }

  /** after lets what is unsent follow where the server was just reached. */
  private async after<T>(work: Promise<T>): Promise<T> {
    this.touch()
    const out = await work
    const { core } = this
    core.notify()
    if (!this.background || !core.unsent) return out
    quietly(workerToo())
    if (core.online && core.source.mono() >= this.nextSync - UNSENT) quietly(this.sync())
    return out
  }

  async today(): Promise<{ uses: Use[]; totals: Totals }> {
    const { core } = this
    const day = this.day()
    const rows = (await core.rows()).filter((r) => r.day === day || keeps(r)).sort((a, b) => b.at - a.at)
    const totals: Totals = { uses: 0, gross: 0, discount: 0, net: 0 }
    for (const r of rows) {
      if (r.day !== day || (r.state !== 'recorded' && r.state !== 'queued')) continue
      totals.uses++
      totals.gross += r.gross
      totals.discount += r.discount
      totals.net += r.net
    }
    return { uses: rows.map((r) => this.counter.shown(r)), totals }
  }

  private day(): string {
    return localAt(this.core.clock.now(), this.core.data?.body.outlet.zone ?? 'UTC').day
  }

  /** purge forgets the uses of other days that were handed in. */
  private async purge(): Promise<void> {
    const { core } = this
    if (!core.till || !core.clock.trusted()) return
    const [day, now] = [this.day(), core.clock.now()]
    await write(core.db, 'uses', async (t) => {
      for (const r of await t.all<Row>('uses')) if (r.day !== day && (!keeps(r) || (r.rejected && now - r.at > DAYS))) await t.del('uses', r.key)
    })
  }

  // Sending.

  sync(): Promise<void> {
    return (this.sending ??= this.send().finally(() => (this.sending = null)))
  }

  private async send(): Promise<void> {
    const { core } = this
    if (!core.till || core.till.state === 'pending') return
    core.syncing = true
    core.notify()
    try {
      await this.counter.settleOpen()
      await core.count()
      const had = core.unsent
      const code = had ? await syncOnce({ db: core.db, call: this.server.call, clock: core.clock, locks: core.locks }) : ''
      const bad = (await core.rows()).some((r) => r.rejected)
      core.problem = code ? { code } : bad ? { code: 'item_rejected' } : core.till?.state === 'revoked' ? { code: 'till_revoked' } : null
      this.failures = code ? this.failures + 1 : 0
      await core.count()
      await core.keepTime()
      await this.purge()
      if (had && !core.unsent && core.till?.state === 'active') await this.refresh()
    } finally {
      core.syncing = false
      core.notify()
    }
  }
}

/** keeps reports whether a use of another day stays in sight. */
const keeps = (r: Row): boolean => r.state === 'asking' || r.state === 'unsure' || r.state === 'queued' || !!r.rejected

const problemOf = ({ status, code }: { status: number; code: string }): Problem => ({
  code: status === 0 ? 'offline' : status === 429 ? 'rate_limited' : status === 422 && code !== 'enrolment_code_invalid' ? 'other' : code,
})

/** workerToo asks for the queue to be sent by the worker as well, with no page open, where the browser can. */
async function workerToo(): Promise<void> {
  const worker = (await navigator.serviceWorker?.ready) as { sync?: { register(tag: string): Promise<void> } } | undefined
  await worker?.sync?.register('berlaku-sync')
}

/** quietly runs what nobody waits for; what it could not do is tried again later. */
const quietly = (work: Promise<unknown>): void => void work.catch(() => {})
