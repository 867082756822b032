// What was used and saved, month by month.
import { useEffect, useRef, useState } from 'preact/hooks'

import { rupiah } from '../../shared/ui/format'
import { go } from '../../shared/ui/router'
import { Button, Icon, type IconName, Title } from '../../shared/ui/ui'
import { locale } from '../../shared/ui/words'
import type { UseItem, Uses } from '../contract'
import { icons } from './icons'
import { Age, Empty, Missing, Spinner } from './parts'
import { phone, useHeld, usePhone } from './phone'
import { more } from './texts'
import { fill } from './words'

export const looks: Record<UseItem['state'], [kind: string, icon: IconName]> = {
  recorded: ['', 'check'],
  voided: ['dim', 'undo'],
  disputed: ['warn', icons.clock],
  upheld: ['', 'check'],
  reversed: ['dim', 'undo'],
}

const month = (at: number): string => new Intl.DateTimeFormat(locale(), { month: 'long', year: 'numeric' }).format(at * 1000)

/** dayIn is a day below the heading of its month. */
const dayIn = (at: number): string => new Intl.DateTimeFormat(locale(), { weekday: 'long', day: 'numeric', month: 'short' }).format(at * 1000)

/** byMonth keeps the order of the uses: the newest first. */
function byMonth(items: UseItem[]): [string, UseItem[]][] {
  const out = new Map<string, UseItem[]>()
  for (const use of items) out.set(month(use.at), [...(out.get(month(use.at)) ?? []), use])
  return [...out]
}

export function History() {
  const m = more().uses
  const { online, unseenUses } = usePhone()
  const [held, reload] = useHeld(() => phone.uses(), [online, unseenUses > 0])
  const came = useRef(false)
  came.current = !!held?.at
  // what is new stays marked while it is looked at
  useEffect(() => () => void (came.current && phone.seen()), [])
  return (
    <main class="page">
      <Title>{m.title}</Title>
      <Age held={held} />
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && <List uses={held.value} onMore={() => phone.uses(true).then(reload, () => undefined)} />}
    </main>
  )
}

function List({ uses, onMore }: { uses: Uses; onMore: () => Promise<void> }) {
  const m = more().uses
  const [busy, setBusy] = useState(false)
  const older = () => {
    setBusy(true)
    void onMore().finally(() => setBusy(false))
  }
  if (!uses.items.length) return <Empty icon={icons.tag} title={m.empty} text={m.empty_do} act={m.see} onAct={() => go('promo')} />
  return (
    <>
      <section class="saved">
        <h2>{fill(m.saved, { year: uses.year })}</h2>
        <p class="money">{rupiah(uses.savedThisYear)}</p>
        <p>{uses.usesThisYear === 1 ? m.count_one : fill(m.count, { n: uses.usesThisYear })}</p>
      </section>
      {byMonth(uses.items).map(([name, items]) => (
        <section key={name} class="month">
          <h2>{name}</h2>
          <ul class="rows">
            {items.map((use) => (
              <Row key={use.id} use={use} />
            ))}
          </ul>
        </section>
      ))}
      {uses.more && (
        <Button kind="ghost" busy={busy} onClick={older}>
          {m.more}
        </Button>
      )}
    </>
  )
}

function Row({ use }: { use: UseItem }) {
  const m = more().uses
  const [kind, icon] = looks[use.state]
  return (
    <li>
      <a class={'row use ' + kind} href={'#/riwayat/' + use.id}>
        <span class="face">
          <Icon name={icon} />
        </span>
        <span class="grow">
          <span class="line">
            <b>{use.partner || use.outlet}</b>
            <b class="sum">{rupiah(use.discount)}</b>
          </span>
          <small>{use.title}</small>
          <span class="line">
            <small>{dayIn(use.at)}</small>
            {use.fresh && <b class="new">{m.new}</b>}
            {use.state !== 'recorded' && use.state !== 'upheld' && <b class="state">{m.states[use.state]}</b>}
          </span>
        </span>
      </a>
    </li>
  )
}
