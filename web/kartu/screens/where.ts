// Where a place is from here, and whether it is open there now.
import type { Place } from '../contract'

export interface Point {
  lat: number
  lon: number
}

const rad = Math.PI / 180
const earth = 6371 // km

/** distance in km along the earth; null where the place has no point. */
export function distance(from: Point | null, to: { lat: number | null; lon: number | null }): number | null {
  if (!from || to.lat === null || to.lon === null) return null
  const [dLat, dLon] = [(to.lat - from.lat) * rad, (to.lon - from.lon) * rad]
  const a = Math.sin(dLat / 2) ** 2 + Math.cos(from.lat * rad) * Math.cos(to.lat * rad) * Math.sin(dLon / 2) ** 2
  return 2 * earth * Math.asin(Math.sqrt(a))
}

/** here asks the phone where it is; only ever on request. */
export const here = (): Promise<Point> =>
  new Promise((found, failed) => {
    if (!navigator.geolocation) return failed(new Error('none'))
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => found({ lat: coords.latitude, lon: coords.longitude }),
      failed,
      { timeout: 15_000, maximumAge: 300_000 },
    )
  })

export interface Opening {
  state: 'open' | 'closed' | 'always' | 'unknown'
  until: string // HH:MM when open
  from: string // HH:MM of the next opening when closed; '' none
  day: number // of the next opening, 1 is Monday; 0: today; -1: tomorrow
}

const minutes = (hhmm: string): number => Number(hhmm.slice(0, 2)) * 60 + Number(hhmm.slice(3, 5))

/** local is the day (1 is Monday) and minute of an instant in a zone. */
function local(at: number, zone: string): { day: number; minute: number } {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone: zone, weekday: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).formatToParts(at * 1000)
  const part = (type: string) => parts.find((p) => p.type === type)?.value ?? ''
  return { day: ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part('weekday')) + 1, minute: Number(part('hour')) * 60 + Number(part('minute')) }
}

type Span = Place['hours'][number]

const whole = ({ from, to }: Span): boolean => minutes(from) === 0 && (minutes(to) >= 1439 || minutes(to) === 0)

/** opening tells whether a place is open at an instant (Unix seconds), by the clock of where it is. A span whose end is not after its start goes on past midnight. */
export function opening(place: Pick<Place, 'hours' | 'zone'>, at: number): Opening {
  const none = { until: '', from: '', day: 0 }
  if (!place.hours.length) return { state: 'unknown', ...none }
  const { day, minute } = local(at, place.zone)
  if (new Set(place.hours.filter(whole).map((h) => h.day)).size === 7) return { state: 'always', ...none }
  const before = day === 1 ? 7 : day - 1
  const now = place.hours.find((h) => {
    const [from, to] = [minutes(h.from), minutes(h.to)]
    const late = to <= from
    if (h.day === day && minute >= from && (late || minute < to)) return true
    return late && h.day === before && minute < to
  })
  if (now) return { state: 'open', until: now.to, from: '', day: 0 }
  for (let ahead = 0; ahead < 8; ahead++) {
    const on = ((day - 1 + ahead) % 7) + 1
    const next = place.hours.filter((h) => h.day === on && (ahead > 0 || minutes(h.from) > minute)).sort((a, b) => minutes(a.from) - minutes(b.from))[0]
    if (next) return { state: 'closed', until: '', from: next.from, day: ahead === 0 ? 0 : ahead === 1 ? -1 : on }
  }
  return { state: 'closed', ...none }
}
