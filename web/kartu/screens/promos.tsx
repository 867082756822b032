// Where promos are: for this person first, searched, filtered, by distance, on
// a list and on a map that show the same places.
import { useMemo, useState } from 'preact/hooks'

import { now } from '../../shared/ui/format'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title, later } from '../../shared/ui/ui'
import type { Place } from '../contract'
import { icons } from './icons'
import { Age, Empty, Fault, Missing, Spinner } from './parts'
import { phone, useHeld, usePhone } from './phone'
import { because, ofMembership, PlaceCard } from './placecard'
import { more } from './texts'
import { distance, here, type Point } from './where'
import { fill } from './words'

const PlaceMap = later(() => import('./map').then((m) => m.PlaceMap))

/** What was searched stays while the app lives, so that the way back leads to the same list. */
const kept = { text: '', sector: '', spot: null as Point | null, map: false, count: 20 }

export const spot = (): Point | null => kept.spot

export interface Found {
  place: Place
  km: number | null
  mine: boolean
}

const hasMine = (place: Place): boolean => place.promos.some((promo) => promo.mine?.eligible)

function matches(place: Place, text: string, sector: string): boolean {
  if (sector && place.sector.code !== sector) return false
  const where = [place.name, place.partner, place.address, place.region, place.sector.name, ...place.promos.flatMap((p) => [p.title, p.summary])]
  const whole = where.join(' ').toLowerCase()
  return text.toLowerCase().split(/\s+/).every((word) => whole.includes(word))
}

function find(places: Place[], text: string, sector: string, from: Point | null): Found[] {
  const found = places.filter((place) => matches(place, text, sector)).map((place) => ({ place, km: distance(from, place), mine: hasMine(place) }))
  return found.sort((a, b) => Number(b.mine) - Number(a.mine) || (a.km ?? 1e9) - (b.km ?? 1e9) || a.place.name.localeCompare(b.place.name))
}

export function Promos() {
  const m = more().promo
  const { online, phase } = usePhone()
  const [held, reload] = useHeld(() => phone.places(), [online, phase])
  return (
    <main class="page find">
      <Title {...(phase !== 'ready' && { back: '' })}>{m.title}</Title>
      <Age held={held} />
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && held.value.length === 0 && (
        <Empty icon={icons.tag} title={m.empty} {...(phase === 'ready' && { text: m.empty_do, act: more().wish.title, onAct: () => go('akun/keinginan') })} />
      )}
      {held && held.value.length > 0 && <Directory places={held.value} />}
    </main>
  )
}

function Directory({ places }: { places: Place[] }) {
  const m = more().promo
  const [text, setText] = useState(kept.text)
  const [sector, setSector] = useState(kept.sector)
  const [from, setFrom] = useState(kept.spot)
  const [map, setMap] = useState(kept.map)
  const [fault, setFault] = useState('')
  Object.assign(kept, { text, sector, spot: from, map })
  const found = useMemo(() => find(places, text.trim(), sector, from), [places, text, sector, from])
  return (
    <>
      <div class="tools-row">
        <input
          type="search" class="search" placeholder={m.search} aria-label={m.search} value={text} autocomplete="off" enterkeyhint="search"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <Sectors places={places} value={sector} onChange={setSector} />
      </div>
      <p class="amount-line">
        <span role="status">{found.length === 1 ? m.count_one : fill(m.count, { n: found.length })}</span>
        <Near from={from} onFrom={setFrom} onFault={setFault} />
        <button type="button" class="btn small for-map" aria-pressed={map} onClick={() => setMap(!map)}>
          <Icon name={map ? 'list' : icons.map} />
          <span>{map ? m.list : m.map}</span>
        </button>
      </p>
      {fault ? <Fault>{fault}</Fault> : <p class="hint">{m.near_hint}</p>}
      {found.length === 0 ? (
        <Empty
          icon={icons.tag} title={m.nothing} text={m.nothing_do} act={m.clear}
          onAct={() => {
            setText('')
            setSector('')
          }}
        />
      ) : (
        <div class={map ? 'both mapped' : 'both'}>
          <List key={text + sector} found={found} />
          <Beside found={found} from={from} open={map} />
        </div>
      )}
    </>
  )
}

const wide = matchMedia('(min-width: 62rem)')

/** Beside is the map: always there where there is room, else when it is asked for. */
function Beside({ found, from, open }: { found: Found[]; from: Point | null; open: boolean }) {
  if (!open && !wide.matches) return null
  return (
    <div class="map-side">
      <PlaceMap found={found} from={from} />
    </div>
  )
}

function Sectors({ places, value, onChange }: { places: Place[]; value: string; onChange: (code: string) => void }) {
  const m = more().promo
  const sectors = new Map(places.map((place) => [place.sector.code, place.sector.name]))
  if (sectors.size < 2) return null
  const all: [string, string][] = [['', m.any], ...[...sectors].sort((a, b) => a[1].localeCompare(b[1]))]
  return (
    <fieldset class="chips">
      <legend class="sr">{m.sectors}</legend>
      {all.map(([code, name]) => (
        <label key={code}>
          <input type="radio" name="sector" checked={value === code} onChange={() => onChange(code)} />
          <span>{name}</span>
        </label>
      ))}
    </fieldset>
  )
}

interface NearProps {
  from: Point | null
  onFrom: (at: Point | null) => void
  onFault: (text: string) => void
}

/** Near sorts by distance; the place stays on the phone. */
function Near({ from, onFrom, onFault }: NearProps) {
  const m = more().promo
  const [busy, setBusy] = useState(false)
  const locate = () => {
    onFault('')
    if (from) return onFrom(null)
    setBusy(true)
    here().then(onFrom, () => onFault(m.near_no)).finally(() => setBusy(false))
  }
  return (
    <button type="button" class="btn small" aria-pressed={from !== null} disabled={busy} onClick={locate}>
      {busy ? <i class="spin" /> : <Icon name={icons.target} />}
      <span>{m.near}</span>
    </button>
  )
}

function List({ found }: { found: Found[] }) {
  const m = more().promo
  const { phase } = usePhone()
  const [count, setCount] = useState(kept.count)
  const known = phase === 'ready' && found.some(({ place }) => place.promos.some((promo) => promo.mine))
  const at = now() - phone.state().clock.by
  const cards = (some: Found[]) => some.map(({ place, km }) => <PlaceCard key={place.id} place={place} km={km} at={at} />)
  const [mine, rest] = [found.filter((one) => one.mine), found.filter((one) => !one.mine)]
  const room = Math.max(0, count - mine.length)
  return (
    <div class="stack results">
      {known && mine.length > 0 && <h2>{m.mine}</h2>}
      {known && mine.length === 0 && <WhyNone found={found} />}
      {mine.length > 0 && <ul class="places">{cards(mine.slice(0, count))}</ul>}
      {known && rest.length > 0 && room > 0 && <h2>{m.all}</h2>}
      {rest.length > 0 && room > 0 && <ul class="places">{cards(rest.slice(0, room))}</ul>}
      {found.length > count && (
        <Button
          kind="ghost"
          onClick={() => {
            kept.count = count + 20
            setCount(kept.count)
          }}
        >
          {m.more}
        </Button>
      )}
    </div>
  )
}

/** WhyNone says once why nothing can be used, where the membership is the reason. */
function WhyNone({ found }: { found: Found[] }) {
  const reason = found.flatMap(({ place }) => place.promos).find((promo) => promo.mine && ofMembership(promo.mine.reason))?.mine?.reason
  if (!reason) return <p class="hint">{more().promo.none_mine}</p>
  return (
    <Note kind="warn" icon="alert">
      <b>{because(reason)}</b>
      {paying.includes(reason) && (
        <Button kind="soft" onClick={() => go('bayar')}>
          {more().pay.title}
        </Button>
      )}
    </Note>
  )
}

const paying = ['membership_in_arrears', 'membership_inactive']
