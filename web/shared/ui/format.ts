// Numbers, days and ages as people read them.
import { c, fill, locale } from './words'

export const rupiah = (n: number): string => 'Rp' + n.toLocaleString(locale())

/** money is the class of an amount in large type; a long one is set smaller. */
export const money = (n: number): string => (n < 10_000_000 ? 'money' : 'money long')

/** now is the present in Unix seconds, for what only counts on screen. */
export const now = (): number => Math.floor(Date.now() / 1000)

export function age(since: number, at: number): string {
  const minutes = Math.max(0, Math.floor((at - since) / 60))
  if (minutes < 1) return c.ago.now
  if (minutes < 60) return fill(c.ago.minutes, { n: minutes })
  if (minutes < 48 * 60) return fill(c.ago.hours, { n: Math.floor(minutes / 60) })
  return fill(c.ago.days, { n: Math.floor(minutes / 1440) })
}

const zoned = (zone: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat(locale(), zone ? { ...options, timeZone: zone } : options)

/** day writes YYYY-MM-DD. */
export const day = (on: string): string => zoned('UTC', { day: 'numeric', month: 'short', year: 'numeric' }).format(new Date(on + 'T00:00:00Z'))

export const dayOf = (at: number, zone?: string): string =>
  zoned(zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }).format(at * 1000)

export const time = (at: number, zone?: string): string => zoned(zone, { hour: '2-digit', minute: '2-digit' }).format(at * 1000)

/** countdown writes minutes and seconds. */
export function countdown(seconds: number): string {
  const s = Math.max(0, seconds)
  return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`
}
