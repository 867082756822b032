// The answer, to be read at two metres: a colour, a shape, one word; then the
// name to compare, and the promos.
import { useEffect } from 'preact/hooks'

import { day, rupiah } from '../../shared/ui/format'
import { go } from '../../shared/ui/router'
import { Button, Icon, Title } from '../../shared/ui/ui'
import type { Offer, Verdict, VerdictKind } from '../contract'
import { icons } from './icons'
import { till, useKeys } from './till'
import { because, fill, w } from './words'

/** Three shapes, so that it is never the colour alone. */
const shapes: Record<VerdictKind, [outline: string, sign: string]> = {
  valid: ['M50 4a46 46 0 1 1 0 92 46 46 0 0 1 0-92z', 'M28 52l15 15 30-32'],
  not_valid: ['M31 4h38l27 27v38L69 96H31L4 69V31z', 'M33 33l34 34m0-34L33 67'],
  cannot_tell: ['M50 6l46 84H4z', 'M50 36v26m0 13v1'],
}

export const Sign = ({ kind }: { kind: VerdictKind }) => (
  <svg class="sign" viewBox="0 0 100 100" aria-hidden="true">
    <path class="outline" d={shapes[kind][0]} />
    <path d={shapes[kind][1]} />
  </svg>
)

interface Props {
  verdict: Verdict
  offer: number
  onOffer: (index: number) => void
}

export function VerdictScreen({ verdict, offer, onOffer }: Props) {
  const { kind, card, offers } = verdict
  const chosen = offers[offer]?.eligible ? offers[offer] : undefined
  const [what, next] = because(verdict.reason)
  const none = kind === 'valid' && !chosen
  useKeys((key) => {
    if (key === 'Enter' && chosen) go('nota')
    if (key === 'Escape') go('', true)
  })
  useEffect(() => scrollTo(0, 0), [])

  return (
    <main class="verdict">
      <div class={kind === 'valid' ? 'answer' : 'answer alone'}>
        <Sign kind={kind} />
        <Title>
          {w.verdict[kind].split(' ').map((word) => (
            <span key={word}>{word} </span>
          ))}
        </Title>
        {card && kind === 'valid' && <p class="name">{card.name}</p>}
        {card && kind === 'valid' && (
          <p class="about">
            {w.verdict[card.form]} · {fill(w.verdict.until, { day: day(card.expiresOn) })}
          </p>
        )}
        {kind !== 'valid' && <p class="what">{what}</p>}
        {kind !== 'valid' && next && <p class="do">{next}</p>}
        {!verdict.online && !till.state().online && <p class="about">{w.verdict.by_till}</p>}
      </div>
      <div class="choice">
        {kind === 'valid' && (card?.needsIdCheck || chosen?.needsIdCheck) && (
          <p class="idcheck">
            <Icon name="id" />
            {w.verdict.id_check}
          </p>
        )}
        {none && <p class="what">{w.verdict.no_offer}</p>}
        {offers.length > 0 && kind === 'valid' && <Offers offers={offers} chosen={offer} onOffer={onOffer} />}
      </div>
      <div class="actions">
        <Button icon={icons.scan} kind={chosen ? 'glass' : 'plain'} onClick={() => go('', true)}>
          {w.verdict.again}
        </Button>
        {chosen && (
          <Button kind="plain wide" onClick={() => go('nota')}>
            {w.verdict.next}
          </Button>
        )}
      </div>
    </main>
  )
}

function Offers({ offers, chosen, onOffer }: { offers: Offer[]; chosen: number; onOffer: (index: number) => void }) {
  return (
    <fieldset class="offers">
      <legend class="sr">{w.verdict.offers}</legend>
      {offers.map((o, i) => (
        <label key={o.benefitId} class={o.eligible ? 'offer' : 'offer dim'}>
          <input type="radio" name="offer" checked={i === chosen && o.eligible} disabled={!o.eligible} onChange={() => onOffer(i)} />
          <span>
            <b>{o.title}</b>
            <span class="summary">{o.eligible ? o.summary : because(o.reason)[0]}</span>
            {o.eligible && <small>{facts(o)}</small>}
          </span>
        </label>
      ))}
    </fieldset>
  )
}

const facts = (o: Offer): string =>
  [o.minGross > 0 && fill(w.verdict.min, { rp: rupiah(o.minGross) }), o.remaining !== null && fill(w.verdict.left, { n: o.remaining })]
    .filter(Boolean)
    .join(' · ')
