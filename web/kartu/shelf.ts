// What the server answered, kept on the phone and shown at once; what is old is
// asked for anew behind it.
import type { Core } from './core'
import { personal, type Server } from './server'
import { type Cached, changed, get, jot, read } from './store'

/** Want says how one thing is had: how long it is fresh, and how it is fetched; null: it could not be. */
export interface Want<T> {
  name: string
  fresh: number // seconds
  fetch(had: T | null): Promise<T | null>
  fits?(had: T): boolean // what is held still answers the question
}

export class Shelf {
  private readonly memory = new Map<string, Cached<unknown>>()
  private readonly coming = new Map<string, Promise<boolean>>()
  private epoch = 0

  constructor(
    private readonly core: Core,
    private readonly server: Server,
  ) {}

  /** held returns what is on the phone, or null. */
  async held<T>(name: string): Promise<Cached<T> | null> {
    if (this.epoch !== this.core.epoch) this.clear()
    const { epoch } = this
    const known = this.memory.get(name) ?? (await read(this.core.db, 'answers', (t) => t.get<Cached<T>>('answers', name)))
    if (known && epoch === this.core.epoch) this.memory.set(name, known)
    return (known as Cached<T> | undefined) ?? null
  }

  /** clear forgets what was read: the store has changed. */
  clear(): void {
    this.memory.clear()
    this.epoch = this.core.epoch
  }

  /**
   * ask returns what is held, at once when there is something; what is old is
   * fetched meanwhile, and state().held rises when it came. Where nothing is
   * held the server is waited for.
   */
  async ask<T>(want: Want<T>): Promise<Cached<T> | null> {
    const had = await this.held<T>(want.name)
    if (had && !this.old(had, want)) return had
    if (this.server.silent()) return had
    const load = this.load(want)
    if (had) {
      load.catch(() => {})
      return had
    }
    await load.catch(() => false)
    return this.held<T>(want.name)
  }

  private old<T>({ at, value, doubtful }: Cached<T>, want: Want<T>): boolean {
    return doubtful === true || Math.abs(this.core.clock.now() - at) >= want.fresh || want.fits?.(value) === false
  }

  /** stale loads what is older than it should be, and waits. */
  async stale<T>(want: Want<T>): Promise<boolean> {
    const had = await this.held<T>(want.name)
    return had && !this.old(had, want) ? true : this.load(want)
  }

  /** load fetches a thing, once at a time, and reports whether it came. */
  load<T>(want: Want<T>): Promise<boolean> {
    const under = this.coming.get(want.name)
    if (under) return under
    const work = this.fetched(want).finally(() => this.coming.delete(want.name))
    this.coming.set(want.name, work)
    return work
  }

  private async fetched<T>(want: Want<T>): Promise<boolean> {
    const had = await this.held<T>(want.name)
    const { epoch } = this.core
    const value = await want.fetch(had?.value ?? null)
    if (value === null || epoch !== this.core.epoch) return false
    await this.keep(want.name, value)
    return true
  }

  /** doubt notes, before the server is asked for something, that a thing will not be as it is held: also for a page that ends in between. */
  async doubt(name: string): Promise<void> {
    const had = await this.held(name)
    if (!had) return
    const cached = { ...had, doubtful: true }
    this.memory.set(name, cached)
    await jot(this.core.db, 'answers', async (t) => {
      if (await t.get('answers', name)) await t.put('answers', cached, name)
    }).catch(() => {})
  }

  /** keep puts a value that came, or was made out of one, onto the shelf. */
  async keep<T>(name: string, value: T): Promise<void> {
    const { core } = this
    const cached = { at: core.clock.now(), value }
    if (this.epoch !== core.epoch) this.clear()
    this.memory.set(name, cached)
    // Where the phone is full, it is there while the page lives. What is about a person never lies beside
    // another one's card, which another tab may have put there.
    const of = personal.includes(name) ? (core.identity?.id ?? '') : null
    await jot(core.db, 'kv answers', async (t) => {
      if (of === null || (await get(t, 'identity'))?.id === of) await t.put('answers', cached, name)
    }).catch(() => {})
    core.held++
    core.notify()
    changed()
  }
}
