// What all parts of the engine share: the opened store, the card, and the
// snapshot that the screens see. Small, because the first picture waits for it:
// the card with a fresh proof, whether or not there is a network.
import { Clock, type ClockSource, phone } from '../shared/clock'
import type { Db } from '../shared/idb'
import type { Card, ClockView, Code, Phase, Standing, State } from './contract'
import { type Because, type Cached, changed, get, type Identity, jot, openStore, put, read, write } from './store'
import type { Status } from './wire'

/** What the engine takes from its surroundings; tests bring their own. */
export interface EngineDeps {
  indexedDB?: IDBFactory
  fetch?: typeof fetch
  source?: ClockSource
  locks?: Pick<LockManager, 'request'> | undefined
  open?: (factory: IDBFactory) => Promise<Db>
  origin?: string // of the server
  background?: boolean // timers and events; default true
}

const DAY = 86400
const FRESH = 30 // seconds that a proof is shown
const FAR = 120 // seconds: from here on the phone's clock is called off; a till takes no proof that is further away
const LIFE = 30 * DAY // of a phone card (KARTU-1 §5.3)
const RENEW = 7 * DAY // after which it is renewed
const LATE = 7 * DAY // before its end
const SOON = 14 // days before its end in which a protection ends soon

export class Core {
  readonly clock: Clock
  readonly source: ClockSource
  readonly factory: IDBFactory
  readonly locks: Pick<LockManager, 'request'> | undefined
  readonly origin: string
  db!: Db
  identity: Identity | null = null
  ended: { because: Because; name: string; shortCode: string; expiresOn: string; id: string } | null = null
  status: Cached<Status> | null = null
  settings: State['settings'] = { lang: 'id' }
  seen: string[] | null = null
  online = true
  calls = 0 // requests under way
  unseen = 0
  held = 0
  persistent = false
  /** epoch changes with the card, so that an answer about one is never kept for another. */
  epoch = 0

  private loaded = false
  private listeners = new Set<() => void>()
  private snapshot: State
  private last = ''
  private shown: { code: Code; of: string } | null = null
  private making: Promise<Code | null> | null = null

  constructor(private readonly deps: EngineDeps = {}) {
    this.source = deps.source ?? phone
    this.factory = deps.indexedDB ?? indexedDB
    this.locks = 'locks' in deps ? deps.locks : navigator.locks
    this.origin = deps.origin ?? location.origin
    this.clock = new Clock(this.source)
    this.snapshot = this.state()
  }

  // The store.

  async open(): Promise<void> {
    this.db = await (this.deps.open ?? openStore)(this.factory)
    await this.load()
  }

  /** settle goes on without a store, as in a browser that refuses one: there is no card then. */
  settle(): void {
    this.loaded = true
    this.notify()
  }

  /** load reads everything anew: at the start, and when another tab wrote. */
  async load(): Promise<void> {
    const all = await read(this.db, 'kv answers', async (t) => ({
      identity: await get(t, 'identity'), ended: await get(t, 'ended'), settings: await get(t, 'settings'), clock: await get(t, 'clock'),
      seen: await get(t, 'seen'), status: await t.get<Cached<Status>>('answers', 'status'),
    }))
    if (all.clock) this.clock.load(all.clock)
    if (all.identity?.id !== this.identity?.id) this.epoch++
    this.identity = all.identity ?? null
    this.ended = all.ended ?? null
    this.settings = { ...this.settings, ...all.settings }
    this.seen = all.seen ?? null
    this.status = all.status ?? null
    this.settle()
  }

  /** keepIdentity stores the card of this phone after a change of it, or the one that follows it; nothing where another tab put another one there meanwhile. */
  async keepIdentity(next: Identity, of = next.id): Promise<void> {
    const still = await write(this.db, 'kv', async (t) => {
      const same = (await get(t, 'identity'))?.id === of
      if (same) await put(t, 'identity', next)
      return same
    })
    if (!still) return await this.load()
    this.identity = next
    this.notify()
    changed()
  }

  async keepTime(): Promise<void> {
    const saved = this.clock.saved()
    await jot(this.db, 'kv', (t) => put(t, 'clock', saved))
  }

  // The symbol.

  code = (): Promise<Code | null> => (this.making ??= this.make().finally(() => (this.making = null)))

  private async make(): Promise<Code | null> {
    const { identity, shown } = this
    const now = this.clock.now()
    if (!identity || !this.shows(now)) return (this.shown = null)
    if (shown?.of === identity.text && shown.code.madeAt <= now && now < shown.code.freshUntil) return shown.code
    const { present } = await import('./keys')
    const code = { text: await present(identity.text, identity.key, now), madeAt: now, freshUntil: now + FRESH }
    this.shown = { code, of: identity.text }
    // A clock that is set back later is noticed by what was signed.
    this.clock.atLeast(now)
    this.keepTime().catch(() => {})
    return code
  }

  /** shows reports whether there is a card that a till could take. */
  private shows(now: number): boolean {
    return !!this.identity && !this.ended && now < this.identity.exp && this.standing(now) !== 'restricted'
  }

  // What the screens see.

  phase(): Phase {
    if (!this.loaded) return 'loading'
    return this.ended ? 'ended' : this.identity ? 'ready' : 'new'
  }

  private card(): Card | null {
    const of = this.ended?.because === 'erased' ? null : (this.identity ?? this.ended)
    if (!of) return null
    const said = this.status?.value
    return {
      id: of.id, name: of.name, shortCode: of.shortCode, expiresOn: of.expiresOn, standing: this.standing(this.clock.now()),
      protectedUntil: said?.membership.protected_until ?? '', statusAsOf: said?.membership.status_as_of ?? '', branch: said?.branch.name ?? '',
      checkedAt: this.status?.at ?? 0, segment: said?.membership.segment ?? '',
    }
  }

  private standing(now: number): Standing {
    if (this.ended) return this.ended.because === 'replaced' ? 'replaced' : 'revoked'
    if (this.identity && now >= this.identity.exp) return 'expired'
    const said = this.status?.value.membership
    if (!said) return 'active' // a card that was just fetched; Checked says that nothing is known yet
    if (said.state !== 'active' && said.state !== 'ends_soon') return said.state === 'none' ? 'inactive' : (said.state as Standing)
    const until = said.protected_until
    if (!until) return said.state
    const days = daysFrom(now, until)
    return days < 0 ? 'inactive' : days <= SOON ? 'ends_soon' : 'active'
  }

  private clockView(): ClockView {
    const { offset } = this.clock.saved()
    if (this.clock.state() === 'set_back') return { state: 'set_back', by: Math.round(this.source.wall() / 1000 - this.clock.now()) }
    return { state: Math.abs(offset) > FAR ? 'off' : 'good', by: Math.round(-offset) || 0 }
  }

  /** due reports whether the card should be renewed. */
  due(): boolean {
    return !!this.identity && !this.ended && this.clock.now() >= this.identity.exp - LIFE + RENEW
  }

  private renewal(): State['renewal'] {
    if (!this.due()) return 'fresh'
    return this.clock.now() >= this.identity!.exp - LATE ? 'late' : 'due'
  }

  private state(): State {
    const said = this.status?.value
    return {
      phase: this.phase(), online: this.online, busy: this.calls > 0, card: this.card(), clock: this.clockView(), unseenUses: this.unseen,
      consentDue: !!this.identity && !this.ended && !!said && said.notice_version !== said.consent_version, renewal: this.renewal(),
      settings: this.settings, storagePersistent: this.persistent, endedBecause: this.ended?.because ?? '', held: this.held,
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

/** daysFrom counts the days from the phone's own day to another. */
function daysFrom(now: number, day: string): number {
  const at = new Date(now * 1000)
  return Math.round((Date.parse(day) - Date.UTC(at.getFullYear(), at.getMonth(), at.getDate())) / (DAY * 1000))
}
