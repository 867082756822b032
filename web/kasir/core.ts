// What all parts of the engine share: the opened store, what was loaded from
// it, and the snapshot that the screens see. Small, because the first picture
// waits for it.
import { Clock, type ClockSource, phone } from '../shared/clock'
import type { Db } from '../shared/idb'
import type { Keys } from '../shared/keys'
import type { Cashier, Freshness, Phase, Problem, Settings, State } from './contract'
import { changed, get, type Held, openStore, put, read, type Row, type Till, write } from './store'
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
  etag: string
  at: number
}

const MAX_AGE = 259200 // seconds
const IDLE = 600 // seconds until the PIN is asked again

export class Core {
  readonly clock: Clock
  readonly source: ClockSource
  readonly factory: IDBFactory
  readonly locks: Pick<LockManager, 'request'> | undefined
  db!: Db
  till: Till | null = null
  data: Data | null = null
  /** Keys and allowances of the bundle, when learned. */
  keys: Keys = new Map()
  allowances: Allowance[] = []
  learn: () => Promise<void> = async () => {}
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

  private loaded = false
  private listeners = new Set<() => void>()
  private snapshot: State
  private last = ''

  constructor(private readonly deps: EngineDeps) {
    this.source = deps.source ?? phone
    this.factory = deps.indexedDB ?? indexedDB
    this.locks = 'locks' in deps ? deps.locks : navigator.locks
    this.clock = new Clock(this.source)
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
    this.data = all.bundle ?? null
    this.clock.atLeast(this.data?.body.server_time ?? 0)
    await this.learn()
    this.loaded = true
    this.notify()
  }

  /** forget drops everything that was loaded; the store is gone. */
  forget(): void {
    this.problem = this.data = this.till = this.session = null
    this.allowances = []
    this.lists.clear()
  }

  take(list: Held): void {
    this.lists.set(list.shard, list)
    this.clock.atLeast(list.iat)
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
    if (!session || Math.abs(this.clock.now() - session.at) >= IDLE) return null
    const known = this.data?.body.cashiers.find((c) => c.id === session.cashier && c.pin_version === session.version)
    return (known && this.cashiers().find((c) => c.id === known.id && !c.locked)) ?? null
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
