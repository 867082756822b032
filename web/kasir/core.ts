// What all parts of the engine share: the opened store, what was loaded from
// it, the way to the server, and the snapshot that the screens see.
import { type Answer, type Ask, type Call, createCall, none } from '../shared/api'
import { Clock, type ClockSource, phone } from '../shared/clock'
import type { Db } from '../shared/idb'
import { read as readToken } from '../shared/jws'
import { keyFor, type Keys, parseKeys } from '../shared/keys'
import { MAX_AGE, youngEnough } from '../shared/statuslist'
import type { Cashier, Freshness, Phase, Problem, Settings, State } from './contract'
import { assertion } from './proof'
import { get, type Held, openStore, put, read, type Row, type Till, write } from './store'
import { changed } from './sync'
import type { Bundle } from './wire'

/** What the engine takes from its surroundings; tests bring their own. */
export interface EngineDeps {
  indexedDB?: IDBFactory
  fetch?: typeof fetch
  source?: ClockSource
  locks?: Pick<LockManager, 'request'> | undefined
  open?: (factory: IDBFactory) => Promise<Db>
  background?: boolean // timers and events; default true
}

export interface Allowance {
  id: string
  benefit: string
  version: number
  uses: number
  used: number
  amount: number | null
  usedAmount: number
  exp: number
}

export interface Data {
  body: Bundle
  keys: Keys
  allowances: Allowance[]
  etag: string
  at: number
}

const OFFLINE = 20_000 // ms: how long one failed request speaks for the next

export class Core {
  readonly clock: Clock
  readonly source: ClockSource
  readonly factory: IDBFactory
  readonly locks: Pick<LockManager, 'request'> | undefined
  db!: Db
  till: Till | null = null
  data: Data | null = null
  lists = new Map<number, Held>()
  seen: Record<string, number> = {}
  pins: Record<string, { version: number; wrong: number; told: boolean }> = {}
  session: { cashier: string; version: number; at: number } | null = null
  settings: Settings = { lang: 'id', sound: true, vibration: true, torch: false }
  online = false
  syncing = false
  problem: Problem | null = null
  persistent = false
  unsent = 0
  /** reached is called when a request got through again after one had not. */
  reached: () => void = () => {}

  private loaded = false
  private failedAt = -Infinity
  private readonly raw: Call
  private bearer: { token: string; until: number } | null = null
  private asking: Promise<Answer<unknown>> | null = null
  private listeners = new Set<() => void>()
  private snapshot: State
  private last = ''

  constructor(private readonly deps: EngineDeps) {
    this.source = deps.source ?? phone
    this.factory = deps.indexedDB ?? indexedDB
    this.locks = 'locks' in deps ? deps.locks : navigator.locks
    this.clock = new Clock(this.source)
    this.raw = createCall(deps.fetch ?? ((...a) => fetch(...a)), this.clock, this.source)
    this.snapshot = this.state()
  }

  // The store.

  async open(): Promise<void> {
    this.db = await (this.deps.open ?? openStore)(this.factory)
    await this.load()
  }

  /** load reads everything anew: at the start, and when another tab wrote. */
  async load(): Promise<void> {
    const all = await read(this.db, 'kv status queue', async (t) => ({
      till: await get(t, 'till'), bundle: await get(t, 'bundle'), settings: await get(t, 'settings'), clock: await get(t, 'clock'),
      session: await get(t, 'session'), pins: await get(t, 'pins'), seen: await get(t, 'seen'), lists: await t.all<Held>('status'),
      unsent: await t.count('queue'),
    }))
    if (all.clock) this.clock.load(all.clock)
    this.till = all.till ?? null
    this.settings = { ...this.settings, ...all.settings }
    this.session = all.session ?? null
    this.pins = all.pins ?? {}
    this.seen = all.seen ?? {}
    this.unsent = all.unsent
    for (const list of all.lists) this.take(list)
    if (!all.bundle) this.data = null
    else if (all.bundle.etag !== this.data?.etag || !this.data) this.data = await this.understand(all.bundle)
    this.loaded = true
    this.notify()
  }

  /** forget drops everything that was loaded; the store is gone. */
  forget(): void {
    this.bearer = this.problem = this.data = this.till = this.session = null
    this.lists.clear()
  }

  take(list: Held): void {
    this.lists.set(list.shard, list)
    this.clock.atLeast(list.iat)
  }

  /** understand reads keys and allowances of a bundle; null when it cannot be used. */
  async understand(bundle: { etag: string; at: number; body: Bundle }): Promise<Data | null> {
    const { body } = bundle
    const keys = parseKeys(body.jwks)
    if (!keys) return null
    const allowances: Allowance[] = []
    for (const text of body.allowances) {
      const c = await readToken(text, 'berlaku-allowance+jwt', keys, 'status')
      if (!c || c.iss !== body.origin || c.sub !== body.till.id) continue
      this.clock.atLeast(Number(c.iat) || 0)
      allowances.push({
        id: String(c.jti), benefit: String(c.benefit), version: Number(c.version), uses: Number(c.uses), used: Number(c.used),
        amount: c.amount === null || c.amount === undefined ? null : Number(c.amount), usedAmount: Number(c.used_amount), exp: Number(c.exp),
      })
    }
    this.clock.atLeast(body.server_time)
    return { ...bundle, keys, allowances }
  }

  /** count looks at the queue again and tells everybody. */
  async count(): Promise<void> {
    this.unsent = await read(this.db, 'queue', (t) => t.count('queue'))
    this.notify()
    changed()
  }

  rows(): Promise<Row[]> {
    return read(this.db, 'uses', (t) => t.all<Row>('uses'))
  }

  /** keepTime stores what is known of the time. */
  async keepTime(): Promise<void> {
    const saved = this.clock.saved()
    await write(this.db, 'kv', (t) => put(t, 'clock', saved))
  }

  async setTill(till: Till | null): Promise<void> {
    await write(this.db, 'kv', (t) => (till ? put(t, 'till', till) : t.del('kv', 'till')) as Promise<unknown>)
    this.till = till
    this.notify()
    changed()
  }

  // The server.

  readonly call: Call = async (method, path, ask) => {
    const a = await this.raw<never>(method, path, ask)
    const was = this.online
    this.online = a.status > 0 && a.status < 500
    if (!this.online) this.failed()
    if (was !== this.online) this.notify()
    if (!was && this.online) this.reached()
    return a
  }

  failed(): void {
    this.online = false
    this.failedAt = this.source.mono()
  }

  /** silent reports whether a request failed so lately that the next need not be waited for. */
  silent(): boolean {
    return !this.online && this.source.mono() - this.failedAt < OFFLINE
  }

  /** authed calls as this till; proves itself again when the bearer has run out. */
  async authed<T>(method: string, path: string, ask: Ask = {}): Promise<Answer<T>> {
    for (let again = false; ; again = true) {
      if (!this.bearer || this.bearer.until < this.source.mono()) {
        const a = await (this.asking ??= this.prove().finally(() => (this.asking = null)))
        if (!this.bearer) return { ...a, data: null }
      }
      if (ask.signal?.aborted) return none
      const a = await this.call<T>(method, path, { ...ask, headers: { ...ask.headers, Authorization: 'Bearer ' + this.bearer.token } })
      if (a.status !== 401 || again) return a
      this.bearer = null
    }
  }

  private async prove(): Promise<Answer<unknown>> {
    this.bearer = null
    for (let again = false; ; again = true) {
      const { till } = this
      if (!till || till.state === 'revoked') return { ...none, status: 401, code: 'till_revoked' }
      const body = { assertion: await assertion(till, till.audience, this.clock) }
      const a = await this.call<{ access_token: string; expires_in: number }>('POST', '/v1/tills/token', { body })
      if (a.data) {
        this.bearer = { token: a.data.access_token, until: this.source.mono() + (a.data.expires_in - 30) * 1000 }
        if (till.state === 'pending') await this.setTill({ ...till, state: 'active' })
        return a
      }
      if (a.code === 'till_revoked') {
        this.problem = { code: till.state === 'pending' ? 'till_not_confirmed_in_time' : a.code }
        await this.setTill(till.state === 'pending' ? null : { ...till, state: 'revoked' })
      }
      // The first answer has told the time, if that was what was wrong.
      if (a.code !== 'assertion_invalid' || again) return a
    }
  }

  // What the screens see.

  phase(): Phase {
    if (!this.loaded) return 'loading'
    if (!this.till) return 'new'
    if (this.till.state === 'revoked') return 'revoked'
    if (this.till.state === 'pending' || !this.data) return 'pending'
    return this.data.body.cashiers.length && !this.cashier() ? 'locked' : 'ready'
  }

  cashiers(): Cashier[] {
    const most = this.data?.body.policy.pin_attempts ?? 5
    return (this.data?.body.cashiers ?? []).map(({ id, name, state, pin_version }) => {
      const tried = this.pins[id]
      const attemptsLeft = Math.max(0, most - (tried?.version === pin_version ? tried.wrong : 0))
      return { id, name, locked: state === 'locked' || attemptsLeft === 0, attemptsLeft }
    })
  }

  cashier(): Cashier | null {
    const { session } = this
    if (!session || Math.abs(this.clock.now() - session.at) >= 600) return null
    const known = this.data?.body.cashiers.find((c) => c.id === session.cashier && c.pin_version === session.version)
    return (known && this.cashiers().find((c) => c.id === known.id && !c.locked)) ?? null
  }

  /** usable reports whether a list may be believed now. */
  usable(list: Held | undefined): list is Held {
    return !!list && !!this.data && !!keyFor(this.data.keys, list.kid, 'status') && youngEnough(list.iat, this.clock.now())
  }

  private freshness(): Freshness {
    const dates = (this.data?.body.status ?? []).map((s) => this.lists.get(s.shard)?.iat ?? 0)
    const statusAt = dates.length ? Math.min(...dates) : 0
    return { bundleAt: this.data?.at ?? 0, statusAt, statusTooOld: this.clock.now() - statusAt > MAX_AGE, clock: this.clock.state() }
  }

  private state(): State {
    const { till, data } = this
    return {
      phase: this.phase(),
      till: till && { id: till.id, name: till.name, fingerprint: till.fingerprint },
      outlet: data && { name: data.body.outlet.name, partner: data.body.partner.name, zone: data.body.outlet.zone },
      cashiers: this.cashiers(), cashier: this.cashier(), online: this.online, unsent: this.unsent, syncing: this.syncing,
      problem: this.problem, freshness: this.freshness(), settings: this.settings, storagePersistent: this.persistent,
    }
  }

  current = (): State => this.snapshot

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  notify(): void {
    const state = this.state()
    const text = JSON.stringify(state)
    if (text === this.last) return
    this.last = text
    this.snapshot = state
    for (const listener of this.listeners) listener()
  }
}

/** within waits for an answer so many milliseconds; undefined when it takes longer. */
export function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

