// The rules of a promo as far as a till alone can apply them, in the order of
// the server's rule book. Days are YYYY-MM-DD in the outlet's zone.
import { discount } from './discount'

export type Per = 'day' | 'week' | 'month' | 'year' | 'ever'

export interface Terms {
  kind: 'percent' | 'amount' | 'free_item' | 'package_price'
  basis: string
  value: number
  max_discount?: number
  min_gross: number
  outlet_ids: string[]
  valid_from: string
  valid_to: string
  days?: string[]
  hours?: { from: string; to: string }[]
  segments: string[]
  max_status_age_days: number
  needs_id_check: boolean
  stacking: 'exclusive' | 'stackable'
  exclusions: string
  limits: {
    participant: { count: number; per: Per; min_interval_days?: number } | null
    outlet_per_day?: number
    total_count?: number
    total_amount?: number
  }
  offline: { allowed: boolean; allowance: number }
}

/** Local is an instant as the outlet's wall shows it. */
export interface Local {
  day: string
  time: string // HH:MM
}

const formats = new Map<string, Intl.DateTimeFormat>()

/** localAt tells day and time of an instant (Unix seconds) in a zone. */
export function localAt(at: number, zone: string): Local {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit',
    })
    formats.set(zone, format)
  }
  const p: Record<string, string> = {}
  for (const { type, value } of format.formatToParts(at * 1000)) p[type] = value
  return { day: `${p.year}-${p.month}-${p.day}`, time: `${p.hour}:${p.minute}` }
}

const MS = 864e5
const ms = (day: string): number => Date.parse(day + 'T00:00:00Z')
const addDays = (day: string, n: number): string => new Date(ms(day) + n * MS).toISOString().slice(0, 10)
const weekday = (day: string): number => (new Date(ms(day)).getUTCDay() + 6) % 7 // from Monday
const names = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** windowOn returns the first day of the span that day lies in. */
export function windowOn(per: Per, day: string): string {
  switch (per) {
    case 'day':
      return day
    case 'week':
      return addDays(day, -weekday(day))
    case 'month':
      return day.slice(0, 8) + '01'
    case 'year':
      return day.slice(0, 5) + '01-01'
    case 'ever':
      return '0001-01-01'
  }
}

/** openAt reports whether days and hours let the promo be used. */
export function openAt(terms: Terms, { day, time }: Local): boolean {
  const on = (d: string): boolean => !terms.days?.length || terms.days.includes(names[weekday(d)]!)
  if (!terms.hours?.length) return on(day)
  return terms.hours.some(({ from, to }) => {
    if (from === to) return on(day)
    if (from < to) return on(day) && from <= time && time < to
    return (time >= from && on(day)) || (time < to && on(addDays(day, -1)))
  })
}

/** Facts are all that a decision of the till rests on. */
export interface Facts {
  state: string
  terms: Terms
  outletId: string
  outletOpen: boolean
  local: Local
  gross: number // 0: not typed yet
  printed: boolean // or typed: proves no possession
  idChecked: boolean
  usedInWindow: number
  lastOn: string // day of the newest use; '': none
  usedAtOutlet: number // today
  otherOnBill: boolean
}

/** decide returns the reason that speaks against the use ('': none) and the discount. */
export function decide(f: Facts): { reason: string; discount: number } {
  const reason = promoRule(f) || billRule(f.terms, f.gross) || identityRule(f) || limitRule(f)
  return { reason, discount: reason ? 0 : discount(f.terms, f.gross) }
}

function promoRule({ state, terms, outletId, outletOpen, local }: Facts): string {
  if (state === 'ended') return 'benefit_ended'
  if (state !== 'live') return 'benefit_not_live'
  if (!outletOpen || !terms.outlet_ids.includes(outletId)) return 'outlet_not_covered'
  if (local.day < terms.valid_from) return 'benefit_not_started'
  if (local.day > terms.valid_to) return 'benefit_ended'
  return openAt(terms, local) ? '' : 'outside_hours'
}

export const billRule = (terms: Terms, gross: number): string => (gross > 0 && gross < terms.min_gross ? 'below_minimum' : '')

export const identityRule = (f: Pick<Facts, 'printed' | 'idChecked' | 'terms'>): string =>
  (f.printed || f.terms.needs_id_check) && !f.idChecked ? 'needs_id_check' : ''

function limitRule({ terms: { limits, stacking }, usedInWindow, lastOn, usedAtOutlet, otherOnBill, local }: Facts): string {
  const p = limits.participant
  if (p && usedInWindow >= p.count) return 'limit_participant'
  if (p && lastOn && (ms(local.day) - ms(lastOn)) / MS < (p.min_interval_days ?? 0)) return 'limit_interval'
  if (limits.outlet_per_day !== undefined && usedAtOutlet >= limits.outlet_per_day) return 'limit_outlet'
  return stacking === 'exclusive' && otherOnBill ? 'not_stackable' : ''
}
