// What is said of a place and of a promo, in the list and on its own page.
import { day } from '../../shared/ui/format'
import { Icon } from '../../shared/ui/ui'
import { locale } from '../../shared/ui/words'
import type { Mine, Place, Promo } from '../contract'
import { icons } from './icons'
import { more } from './texts'
import { opening } from './where'
import { fill } from './words'

/** far writes a distance in km. */
export function far(km: number): string {
  const m = more().promo
  if (km < 0.95) return fill(m.m, { n: Math.max(50, Math.round(km * 20) * 50) })
  return fill(m.km, { n: km.toLocaleString(locale(), { maximumFractionDigits: km < 10 ? 1 : 0 }) })
}

/** Open says whether the place is open, by the clock of where it is. */
export function Open({ place, at }: { place: Place; at: number }) {
  const m = more()
  const { state, until, from, day: on } = opening(place, at)
  const days: Record<string, string> = m.days
  if (state === 'unknown') return <span class="hours">{m.promo.hours_none}</span>
  if (state === 'always' || state === 'open') {
    return <span class="hours open">{state === 'always' ? m.promo.always : fill(m.promo.open, { time: until })}</span>
  }
  if (!from) return <span class="hours">{m.promo.closed}</span>
  if (on === 0) return <span class="hours">{fill(m.promo.opens, { time: from })}</span>
  return <span class="hours">{fill(m.promo.opens_day, { day: on === -1 ? m.promo.tomorrow : (days[on] ?? ''), time: from })}</span>
}

/** because is why a promo is not for this person now. */
export function because(reason: string): string {
  const all: Record<string, string> = more().reasons
  return all[reason] ?? more().reasons.other
}

/** ofMembership tells reasons that hold for every promo alike. */
export const ofMembership = (reason: string): boolean => ['membership_in_arrears', 'membership_inactive', 'membership_unknown', 'status_too_old', 'restricted'].includes(reason)

function left(mine: Mine): string {
  const m = more().promo
  if (mine.remaining === null) return ''
  const per: Record<string, string> = m.per
  return mine.per ? fill(m.left_per, { n: mine.remaining, per: per[mine.per] ?? '' }) : fill(m.left, { n: mine.remaining })
}

/** ForMe is what a promo is for this person: a sign, words, how many are left and till when. */
export function ForMe({ promo, brief = false }: { promo: Promo; brief?: boolean }) {
  const m = more().promo
  const { mine } = promo
  if (!mine) return <small class="for">{fill(m.valid, { day: day(promo.validTo) })}</small>
  if (!mine.eligible) {
    return (
      <small class="for no">
        <Icon name={icons.pause} />
        {ofMembership(mine.reason) && brief ? m.cannot : because(mine.reason)}
      </small>
    )
  }
  const until = mine.until || promo.validTo
  return (
    <small class="for yes">
      <Icon name="check" />
      {[left(mine) || m.can, until && fill(m.until, { day: day(until) })].filter(Boolean).join(', ')}
    </small>
  )
}

const shown = 2

export function PlaceCard({ place, km, at }: { place: Place; km: number | null; at: number }) {
  const m = more().promo
  const promos = [...place.promos].sort((a, b) => Number(b.mine?.eligible ?? false) - Number(a.mine?.eligible ?? false))
  return (
    <li>
      <a class="place" href={'#/promo/' + place.id}>
        <span class="head">
          <span class="grow">
            <b>{place.name}</b>
            <small>
              {place.sector.name} · {place.region}
            </small>
          </span>
          {km !== null && <span class="far">{far(km)}</span>}
        </span>
        {promos.slice(0, shown).map((promo) => (
          <span key={promo.id} class="promo">
            <b>{promo.title}</b>
            <ForMe promo={promo} brief />
          </span>
        ))}
        <span class="foot">
          <Open place={place} at={at} />
          {promos.length > shown && <small>{fill(m.offer_more, { n: promos.length - shown })}</small>}
        </span>
      </a>
    </li>
  )
}
