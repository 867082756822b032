// One place: its promos and what they are for this person, hours, the way there.
import { day, now } from '../../shared/ui/format'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import type { Place, Promo } from '../contract'
import { icons } from './icons'
import { Age, Empty, Spinner } from './parts'
import { phone, useHeld, usePhone } from './phone'
import { far, ForMe, Open } from './placecard'
import { spot } from './promos'
import { more } from './texts'
import { distance } from './where'
import { fill } from './words'

export function PlaceScreen({ id }: { id: string }) {
  const m = more().promo
  const { phase } = usePhone()
  const [held] = useHeld(() => phone.places())
  const place = held?.value.find((one) => one.id === id)
  return (
    <main class="page spot">
      <Title back="promo">{place?.name ?? m.title}</Title>
      <Age held={held} />
      {!held && <Spinner />}
      {held && !place && <Empty icon={icons.pin} title={m.gone} act={m.list} onAct={() => go('promo', true)} />}
      {place && <Detail place={place} withCard={phase === 'ready'} />}
    </main>
  )
}

function Detail({ place, withCard }: { place: Place; withCard: boolean }) {
  const m = more().promo
  const at = now() - phone.state().clock.by
  const km = distance(spot(), place)
  return (
    <>
      <p class="lead">{[place.partner !== place.name && place.partner, place.sector.name].filter(Boolean).join(' · ')}</p>
      <p class="facts-line">
        <Open place={place} at={at} />
        {km !== null && <span class="far">{far(km)}</span>}
      </p>
      <h2>{m.offers}</h2>
      <ul class="rows">
        {place.promos.map((promo) => (
          <Offer key={promo.id} promo={promo} />
        ))}
      </ul>
      {withCard && (
        <Button kind="main" icon={icons.card} onClick={() => go('')}>
          {m.show}
        </Button>
      )}
      <section class="group">
        <h2>{m.address}</h2>
        <p>
          {place.address}
          {place.address && <br />}
          {place.region}
        </p>
        {place.lat !== null && place.lon !== null && (
          <>
            <a class="btn ghost" href={`geo:${place.lat},${place.lon}?q=${place.lat},${place.lon}(${encodeURIComponent(place.name)})`}>
              <Icon name={icons.pin} />
              <span>{m.route}</span>
            </a>
            <p class="hint">{m.route_hint}</p>
          </>
        )}
      </section>
      {place.hours.length > 0 && <Hours place={place} />}
    </>
  )
}

function Offer({ promo }: { promo: Promo }) {
  const m = more().promo
  return (
    <li class={promo.mine?.eligible ? 'group offer yes' : 'group offer'}>
      <h3>{promo.title}</h3>
      {promo.summary && <p>{promo.summary}</p>}
      <ForMe promo={promo} />
      {promo.exclusions && (
        <p class="hint">
          <b>{m.not}:</b> {promo.exclusions}
        </p>
      )}
      {promo.needsIdCheck && (
        <Note kind="warn" icon="id">
          {m.id_check}
        </Note>
      )}
      {promo.mine && <p class="hint">{fill(m.valid, { day: day(promo.validTo) })}</p>}
    </li>
  )
}

function Hours({ place }: { place: Place }) {
  const m = more()
  const names: Record<string, string> = m.days
  return (
    <section class="group">
      <h2>{m.promo.hours}</h2>
      <dl class="facts">
        {[1, 2, 3, 4, 5, 6, 7].map((n) => {
          const spans = place.hours.filter((h) => h.day === n).map((h) => `${h.from}–${h.to}`)
          return [<dt key={n}>{names[n]}</dt>, <dd key={n + 'v'}>{spans.join(', ') || m.promo.closed}</dd>]
        })}
      </dl>
    </section>
  )
}
