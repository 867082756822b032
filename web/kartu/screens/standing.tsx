// Whether the card is good today: a colour, a shape and words, and what to do.
import { useState } from 'preact/hooks'

import { day } from '../../shared/ui/format'
import { go } from '../../shared/ui/router'
import { Button, Icon, type IconName } from '../../shared/ui/ui'
import type { Card, Standing } from '../contract'
import { icons } from './icons'
import { phone } from './phone'
import { fill, w } from './words'

export const usable = (standing: Standing): boolean => standing === 'active' || standing === 'ends_soon'

const looks: Record<Standing, [kind: string, icon: IconName]> = {
  active: ['', 'check'],
  ends_soon: ['warn', icons.clock],
  in_arrears: ['warn', 'alert'],
  inactive: ['warn', icons.pause],
  unverified: ['warn', icons.clock],
  restricted: ['warn', 'lock'],
  expired: ['warn', 'off'],
  revoked: ['bad', 'cross'],
  replaced: ['bad', 'phone'],
}

const paying: Standing[] = ['ends_soon', 'in_arrears', 'inactive']

export function Band({ card }: { card: Card }) {
  const [kind, icon] = looks[card.standing]
  const { name, what } = w.standing[card.standing]
  return (
    <section class={'band ' + card.standing + ' ' + kind} role="status">
      <span class="shape">
        <Icon name={icon} />
      </span>
      <div class="grow">
        <h2>{name}</h2>
        <p>{fill(what, { day: card.protectedUntil ? day(card.protectedUntil) : '–' })}</p>
      </div>
      {paying.includes(card.standing) && (
        <Button kind="act" onClick={() => go('bayar')}>
          {w.card.pay}
        </Button>
      )}
      {card.standing === 'restricted' && (
        <Button kind="act" onClick={() => go('privasi')}>
          {w.standing.restricted.do}
        </Button>
      )}
      {card.standing === 'expired' && <Renew />}
    </section>
  )
}

function Renew() {
  const [busy, setBusy] = useState(false)
  const renew = async () => {
    setBusy(true)
    await phone.refresh().catch(() => undefined)
    setBusy(false)
  }
  return (
    <Button kind="act" busy={busy} onClick={renew}>
      {w.standing.expired.do}
    </Button>
  )
}
