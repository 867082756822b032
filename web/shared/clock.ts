// What time it is, as far as a phone can know. The server's clock counts: the
// phone's is corrected by the difference last seen, moves on by a clock that
// nobody sets while the page lives, and never lies before a signed time that was
// seen (server, bundle, status list, allowance, a card's proof).

export interface ClockSource {
  wall(): number // ms, as the phone is set
  mono(): number // ms, only ever forward; stands still while the phone sleeps
}

export const phone: ClockSource = { wall: () => Date.now(), mono: () => performance.now() }

/** Saved is what outlives the page. */
export interface Saved {
  floor: number
  offset: number // server minus phone, seconds
}

const SLACK = 120 // seconds: how far signed times may be ahead of each other
const FAR = 300 // from here on the phone's clock is off
const JITTER = 1.5 // of Date, which has whole seconds

export class Clock {
  private base: { at: number; mono: number } | null = null
  private floor = 0
  private offset = 0

  constructor(private readonly source: ClockSource = phone) {}

  load(saved: Saved): void {
    this.floor = Math.max(this.floor, saved.floor)
    if (!this.base) this.offset = saved.offset
  }

  saved(): Saved {
    return { floor: Math.floor(this.floor), offset: this.offset }
  }

  /** now returns Unix seconds by the best knowledge; see trusted. */
  now(): number {
    return Math.floor(Math.max(this.walled(), this.moved(), this.floor))
  }

  private walled(): number {
    return this.source.wall() / 1000 + this.offset
  }

  private moved(): number {
    return this.base ? this.base.at + (this.source.mono() - this.base.mono) / 1000 : 0
  }

  state(): 'good' | 'set_back' | 'off' {
    if (this.walled() < Math.max(this.floor, this.moved()) - SLACK) return 'set_back'
    return Math.abs(this.offset) > FAR ? 'off' : 'good'
  }

  /** trusted: good, or off by a difference that the server told this very page. */
  trusted(): boolean {
    const state = this.state()
    return state === 'good' || (state === 'off' && this.told())
  }

  /** told reports whether the server has told the time to this very page. */
  told(): boolean {
    return this.base !== null
  }

  /** heard takes the server's time out of an answer to a request sent at mono ms. */
  heard(at: number, sent: number): void {
    const mono = this.source.mono()
    if (!(at > 0) || mono - sent > 10_000) return
    const server = at + 0.5
    const offset = server - this.source.wall() / 1000
    if (Math.abs(offset - this.offset) > JITTER) this.offset = offset
    if (Math.abs(this.moved() - server) > JITTER) this.base = { at: server, mono }
    this.floor = at
  }

  /** atLeast raises the floor to a signed time. */
  atLeast(at: number): void {
    this.floor = Math.max(this.floor, at)
  }
}
