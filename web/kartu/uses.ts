// What the person used, and which of it is new on this phone.
import type { Held, Problem, Uses } from './contract'
import type { Core } from './core'
import { problemOf, type Server } from './server'
import type { Shelf, Want } from './shelf'
import { changed, put, write } from './store'
import { useOf } from './view'
import type { Page, Savings, WireUse } from './wire'

const PAGE = 30
const MOST = 500 // that are kept

interface Kept {
  items: WireUse[]
  next: string
  savings: Savings | null
}

export class OwnUses {
  readonly want: Want<Kept>

  constructor(
    private readonly core: Core,
    private readonly server: Server,
    private readonly shelf: Shelf,
  ) {
    this.want = { name: 'uses', fresh: 60, fetch: (had) => this.newest(had) }
  }

  private async newest(had: Kept | null): Promise<Kept | null> {
    const [first, savings] = await Promise.all([
      this.server.authed<Page<WireUse>>('GET', `/v1/my/uses?limit=${PAGE}`),
      this.server.authed<Savings>('GET', '/v1/my/savings'),
    ])
    if (!first.data) return null
    const { items, next_cursor: next } = first.data
    const kept = { items, next, savings: savings.data ?? had?.savings ?? null }
    if (!had) return kept
    // What was read on before stays where the two parts meet.
    const last = items[items.length - 1]?.id
    const at = had.items.findIndex(({ id }) => id === last)
    return next && at >= 0 && had.items.length > at + 1 ? { ...kept, items: [...items, ...had.items.slice(at + 1)], next: had.next } : kept
  }

  async uses(more: boolean): Promise<Held<Uses>> {
    const had = await this.shelf.ask(this.want)
    if (more && had?.value.next) await this.older(had.value)
    const held = await this.shelf.held<Kept>('uses')
    const { items, next, savings } = held?.value ?? { items: [], next: '', savings: null }
    const seen = new Set(this.core.seen ?? items.map(({ id }) => id))
    return {
      at: held?.at ?? 0,
      value: {
        items: items.map((u) => useOf(u, seen)), more: !!next, savedThisYear: savings?.discount ?? 0, usesThisYear: savings?.uses ?? 0,
        year: savings?.year ?? new Date(this.core.clock.now() * 1000).getFullYear(),
      },
    }
  }

  private async older({ next }: Kept): Promise<void> {
    const { epoch } = this.core
    const a = await this.server.authed<Page<WireUse>>('GET', `/v1/my/uses?limit=${PAGE}&cursor=${encodeURIComponent(next)}`)
    const had = await this.shelf.held<Kept>('uses')
    if (!a.data || !had || had.value.next !== next || epoch !== this.core.epoch) return
    const items = [...had.value.items, ...a.data.items].slice(0, MOST)
    await this.shelf.keep('uses', { ...had.value, items, next: items.length < MOST ? a.data.next_cursor : '' })
    await this.see(a.data.items.map(({ id }) => id)) // older ones are no news
  }

  /** count tells how many are new. Those that were there when the card came to this phone are not. */
  async count(): Promise<void> {
    const items = (await this.shelf.held<Kept>('uses'))?.value.items
    if (items && !this.core.seen) await this.see(items.map(({ id }) => id))
    const seen = new Set(this.core.seen ?? [])
    this.core.unseen = items?.filter(({ id }) => !seen.has(id)).length ?? 0
    this.core.notify()
  }

  async seen(): Promise<void> {
    const items = (await this.shelf.held<Kept>('uses'))?.value.items ?? []
    if (this.core.unseen) await this.see(items.map(({ id }) => id))
    await this.count()
  }

  private async see(ids: string[]): Promise<void> {
    const { core } = this
    const seen = [...new Set([...ids, ...(core.seen ?? [])])].slice(0, 2 * MOST)
    await write(core.db, 'kv', (t) => put(t, 'seen', seen))
    core.seen = seen
    changed()
  }

  async dispute(id: string, reason: string): Promise<Problem | null> {
    const { epoch } = this.core
    const a = await this.server.authed<WireUse>('POST', `/v1/my/uses/${id}/dispute`, { body: { reason } })
    const use = a.data
    if (!use) return problemOf(a)
    const had = await this.shelf.held<Kept>('uses')
    if (had && epoch === this.core.epoch) await this.shelf.keep('uses', { ...had.value, items: had.value.items.map((u) => (u.id === use.id ? use : u)) })
    return null
  }
}
