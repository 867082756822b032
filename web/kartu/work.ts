// What the engine does once it stands: what is asked of the server and kept,
// and the background work that keeps the card good. Fetched while the first
// picture is drawn.
import { remove } from '../shared/idb'
import { activate, resume } from './activate'
import type { Access, ClaimForm, DataRequest, Held, Notice, OwnCard, OwnData, Place, Problem, RequestKind, Sector, Wish } from './contract'
import type { Core, EngineDeps } from './core'
import { type Directory, directory, listings } from './directory'
import { adopt, renew, TAG } from './renew'
import { problemOf, Server } from './server'
import { Shelf, type Want } from './shelf'
import { type Cached, changed, NAME, onChange } from './store'
import { OwnUses } from './uses'
import { accessOf, cardOf, dataOf, noticeOf, placesOf, requestOf, seconds, sectorsOf, wishOf } from './view'
import type { ForMe, OwnCardText, Page, Status, WireAccess, WireCard, WireData, WireNotice, WireRequest, WireWish } from './wire'

const TICK = 10_000 // ms
const FRESH = 300_000 // between two looks while the page is open
const PROBE = 15_000 // while there is no network: the screen says soon when there is one again
const PAUSES = [60_000, 300_000, 1_800_000, 3_600_000] // between tries to renew

export class Work {
  private readonly server: Server
  private readonly shelf: Shelf
  private readonly own: OwnUses
  private readonly background: boolean
  private readonly status: Want<Status>
  private readonly benefits: Want<ForMe>
  private readonly directory: Want<Directory>
  private readonly wished: Want<WireWish[]>
  private readonly asked: Want<WireRequest[]>
  private readonly owned: Want<WireCard[]>
  private refreshing: Promise<void> | null = null
  private renewing: Promise<void> | null = null
  private nextFresh = 0
  private nextRenewal = 0
  private failures = 0
  private foreign = '' // id of a card of this person that is not for this phone
  private stopped = '' // what stood in the way of the last renewal

  constructor(
    private readonly core: Core,
    deps: EngineDeps,
  ) {
    this.background = deps.background ?? true
    this.server = new Server(core, deps.fetch)
    this.shelf = new Shelf(core, this.server)
    this.own = new OwnUses(core, this.server, this.shelf)
    this.directory = directory(core, this.server)
    this.status = this.wanted('status', 60, '/v1/my/status', (s: Status) => s)
    this.benefits = this.wanted('benefits', 300, '/v1/my/benefits', (b: ForMe) => b)
    this.wished = this.wanted('wishes', 60, '/v1/my/wishes', items<WireWish>)
    this.asked = this.wanted('requests', 30, '/v1/my/data-requests?limit=50', items<WireRequest>)
    this.owned = this.wanted('cards', 30, '/v1/my/cards', items<WireCard>)
  }

  private wanted<A, T>(name: string, fresh: number, path: string, of: (answer: A) => T): Want<T> {
    return {
      name, fresh,
      fetch: async () => {
        const a = await this.server.authed<A>('GET', path)
        return a.data && of(a.data)
      },
    }
  }

  /** begin settles what an earlier life left, and starts the background work. */
  async begin(): Promise<void> {
    await this.own.count()
    await this.persist('persisted')
    this.server.reached = () => {
      this.nextFresh = 0
      if (this.stopped === 'offline') this.nextRenewal = 0
      if (this.background) this.tick()
    }
    if (this.background) this.listen()
  }

  private listen(): void {
    const now = (): void => {
      this.nextFresh = this.nextRenewal = 0
      this.tick()
    }
    // What a browser says of no network is true; that there is one it only hopes.
    const gone = (): void => {
      if (globalThis.navigator?.onLine !== false) return
      this.core.online = false
      this.core.notify()
    }
    gone()
    addEventListener('offline', gone)
    addEventListener('online', now)
    document.addEventListener('visibilitychange', now)
    onChange(() => quietly(this.elsewhere()))
    setInterval(() => this.tick(), TICK)
    this.tick()
    quietly(periodically())
  }

  /** elsewhere takes in what another tab or the worker did. */
  private async elsewhere(): Promise<void> {
    const { core } = this
    await core.load().catch(() => core.open()) // the other one may have thrown everything away
    this.shelf.clear()
    core.held++
    await this.own.count()
  }

  /** tick looks, while somebody sees the page, whether something is to be done. */
  private tick(): void {
    const { core } = this
    if (document.visibilityState !== 'visible') return
    core.notify()
    if (core.source.mono() < this.nextFresh) return void (core.identity && quietly(this.renew(false)))
    this.nextFresh = core.source.mono() + FRESH
    quietly(this.refresh(false))
  }

  // The card.

  async activate(code: string, notice: Notice): Promise<Problem | null> {
    const problem = await activate(this.core, this.server, code, notice)
    if (problem) return problem
    await this.persist('persist')
    await this.refresh(true)
    return null
  }

  /** persist asks the browser to keep what is stored, or whether it does. */
  private async persist(ask: 'persist' | 'persisted'): Promise<void> {
    const { core } = this
    core.persistent = (await globalThis.navigator?.storage?.[ask]?.().catch(() => false)) ?? false
    core.notify()
  }

  /** renew renews the card where that is due; what failed is tried again after a pause, sooner when somebody asks. */
  private renew(wanted: boolean): Promise<void> {
    const { core } = this
    if (!core.due() || (!wanted && core.source.mono() < this.nextRenewal)) return Promise.resolve()
    const work = async (): Promise<void> => {
      const code = await renew(core, this.server).catch(() => 'other')
      this.stopped = code
      this.failures = code ? this.failures + 1 : 0
      this.nextRenewal = core.source.mono() + PAUSES[Math.min(Math.max(this.failures, 1), PAUSES.length) - 1]!
      core.notify()
      if (code === 'offline' && this.background) quietly(workerToo())
    }
    return (this.renewing ??= work().finally(() => (this.renewing = null)))
  }

  refresh(wanted = true): Promise<void> {
    return (this.refreshing ??= this.look(wanted).finally(() => (this.refreshing = null)))
  }

  /** look asks the server for everything that the first screens show. */
  private async look(wanted: boolean): Promise<void> {
    const { core, shelf } = this
    if (!core.identity) await resume(core, this.server)
    if (core.identity && !core.ended) {
      await this.renew(wanted)
      const came = wanted || !core.online ? await shelf.load(this.status) : await shelf.stale(this.status)
      if (!came && !core.online) this.nextFresh = core.source.mono() + PROBE
      await this.take()
      if (core.identity && core.online) {
        await shelf.stale(this.own.want)
        await this.own.count()
        await shelf.stale(this.benefits)
        await this.short()
      }
    }
    if (core.online || !core.identity) await shelf.stale(this.directory)
    if (!core.online) this.nextFresh = Math.min(this.nextFresh, core.source.mono() + PROBE)
    await core.keepTime()
  }

  /** take believes what the server last said of the card. */
  private async take(): Promise<void> {
    const { core } = this
    core.status = await this.shelf.held<Status>('status')
    const said = core.status?.value.card
    if (core.identity && said) {
      if (said.id !== core.identity.id) await this.follow(said)
      else if (said.state === 'revoked' || said.state === 'replaced') await this.server.end(said.state, said.id)
    }
    core.notify()
  }

  /** follow fetches the card that the branch put in this one's place on this phone. */
  private async follow({ id, state }: Status['card']): Promise<void> {
    if (state !== 'active' || id === this.foreign) return
    const a = await this.server.authed<OwnCardText>('GET', '/v1/my/card')
    if (a.data && !(await adopt(this.core, a.data))) this.foreign = id
  }

  /** short fetches the short code after an activation whose answer was lost. */
  private async short(): Promise<void> {
    const { core } = this
    if (!core.identity || core.identity.shortCode) return
    const a = await this.server.authed<OwnCardText>('GET', '/v1/my/card')
    const { identity } = core
    if (identity && a.data?.card.id === identity.id) await core.keepIdentity({ ...identity, shortCode: a.data.short_code })
  }

  async forget(): Promise<void> {
    const { core } = this
    await this.refreshing?.catch(() => {})
    core.db.close()
    await remove(core.factory, NAME)
    core.epoch++
    core.unseen = 0
    this.shelf.clear()
    await core.open()
    changed()
  }

  // Getting a card.

  async notice(): Promise<Notice | Problem> {
    const a = await this.server.call<WireNotice>('GET', '/v1/privacy-notice')
    if (a.data) await this.shelf.keep('notice', a.data)
    const held = await this.shelf.held<WireNotice>('notice')
    return held ? noticeOf(held.value, this.core.settings.lang) : problemOf(a)
  }

  async claim({ kind, number, birthOn }: ClaimForm): Promise<{ id: string; expiresAt: number } | Problem> {
    const a = await this.server.call<{ id: string; expires_at: string }>('POST', '/v1/claims', { body: { kind, number, birth_on: birthOn } })
    return a.data ? { id: a.data.id, expiresAt: seconds(a.data.expires_at) } : problemOf(a)
  }

  async confirm(claimId: string, digits: string): Promise<{ code: string } | Problem> {
    const a = await this.server.call<{ code: string }>('POST', `/v1/claims/${claimId}/confirm`, { body: { code: digits } })
    return a.data ? { code: a.data.code } : problemOf(a)
  }

  async consent({ version, hash }: Notice): Promise<Problem | null> {
    return this.done('POST', '/v1/my/consent', { version, text_hash: hash }, [this.status])
  }

  // Promos, uses, wishes.

  async places(): Promise<Held<Place[]>> {
    const { core } = this
    const known = await this.shelf.ask(this.directory)
    const mine = core.identity ? await this.shelf.ask(this.benefits) : null
    return shown(known, [], (d) => placesOf(listings(d), mine?.value ?? null, core.settings.lang))
  }

  async sectors(): Promise<Held<Sector[]>> {
    return shown(await this.shelf.ask(this.directory), [], (d) => sectorsOf(listings(d), this.core.settings.lang))
  }

  uses = (more = false): ReturnType<OwnUses['uses']> => this.own.uses(more)
  seen = (): Promise<void> => this.own.seen()
  dispute = (id: string, reason: string): Promise<Problem | null> => this.own.dispute(id, reason)

  async wishes(): Promise<Held<Wish[]>> {
    return shown(await this.shelf.ask(this.wished), [], (all) => all.map((w) => wishOf(w, this.core.settings.lang)))
  }

  wish(sectorId: string, partner: string): Promise<Problem | null> {
    return this.done('PUT', `/v1/my/wishes/${sectorId}`, partner ? { partner } : {}, [this.wished])
  }

  unwish(sectorId: string): Promise<Problem | null> {
    return this.done('DELETE', `/v1/my/wishes/${sectorId}`, undefined, [this.wished])
  }

  // Cards and data.

  async cards(): Promise<Held<OwnCard[]>> {
    return shown(await this.shelf.ask(this.owned), [], (all) => all.map((c) => cardOf(c, this.core.identity?.id ?? '')))
  }

  async lose(cardId: string, reason: string): Promise<Problem | null> {
    return this.done('POST', `/v1/my/cards/${cardId}/revoke`, { reason }, cardId === this.core.identity?.id ? [this.status] : [this.owned])
  }

  async data(): Promise<Held<OwnData>> {
    const none = { name: '', birthOn: '', phone: '', idNumberMasked: '', memberships: [], consents: [], note: '' }
    return shown(await this.shelf.ask(this.wanted('data', 60, '/v1/my/data', (d: WireData) => d)), none, dataOf)
  }

  async exported(): Promise<string | Problem> {
    const a = await this.server.authed<unknown>('GET', '/v1/my/data?download=1', { timeout: 30_000 })
    return a.data ? JSON.stringify(a.data, null, 2) : problemOf(a)
  }

  async requests(): Promise<Held<DataRequest[]>> {
    return shown(await this.shelf.ask(this.asked), [], (all) => all.map(requestOf))
  }

  request(kind: RequestKind, note: string): Promise<Problem | null> {
    return this.done('POST', '/v1/my/data-requests', note ? { kind, note } : { kind }, [this.asked, ...(kind === 'withdraw' ? [this.status] : [])])
  }

  cancel(requestId: string): Promise<Problem | null> {
    return this.done('DELETE', `/v1/my/data-requests/${requestId}`, undefined, [this.asked])
  }

  async accesses(): Promise<Held<Access[]>> {
    return shown(await this.shelf.ask(this.wanted('accesses', 60, '/v1/my/accesses?limit=100', items<WireAccess>)), [], (all) => all.map(accessOf))
  }

  async walletUrl(): Promise<string> {
    const a = await this.server.authed<{ google: { url: string } | null }>('GET', '/v1/my/wallet')
    return a.data?.google?.url ?? ''
  }

  /** done does something at the server, and has anew what it changes. */
  private async done(method: string, path: string, body: unknown, then: Want<never>[] | Want<unknown>[]): Promise<Problem | null> {
    for (const { name } of then) await this.shelf.doubt(name)
    const a = await this.server.authed(method, path, body === undefined ? {} : { body })
    if (a.status < 200 || a.status > 299) return problemOf(a)
    for (const want of then) await this.shelf.load(want as Want<unknown>).catch(() => false)
    await this.take()
    return null
  }
}

const items = <T>({ items }: Pick<Page<T>, 'items'>): T[] => items

const shown = <A, T>(had: Cached<A> | null, none: T, of: (value: A) => T): Held<T> => (had ? { at: had.at, value: of(had.value) } : { at: 0, value: none })

interface Registered {
  sync?: { register(tag: string): Promise<void> }
  periodicSync?: { register(tag: string, options: { minInterval: number }): Promise<void> }
}

/** workerToo has the card renewed by the worker as well, with no page open, where the browser can. */
async function workerToo(): Promise<void> {
  const worker = (await navigator.serviceWorker?.ready) as Registered | undefined
  await worker?.sync?.register(TAG)
}

async function periodically(): Promise<void> {
  const worker = (await navigator.serviceWorker?.ready) as Registered | undefined
  await worker?.periodicSync?.register(TAG, { minInterval: 86_400_000 })
}

/** quietly runs what nobody waits for; what it could not do is tried again later. */
const quietly = (work: Promise<unknown>): void => void work.catch(() => {})
