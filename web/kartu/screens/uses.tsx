// What was used and saved, month by month.
import { useEffect } from 'preact/hooks'

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
  useEffect(() => {
    if (!held) return
    // so that what is new is still marked while it is looked at
    const timer = setTimeout(() => void phone.seen(), 1500)
    return () => clearTimeout(timer)
  }, [held])
  return (
    <main class="page">
      <Title>{m.title}</Title>
      <Age held={held} />
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && <List uses={held.value} onMore={() => void phone.uses(true).then(reload)} />}
    </main>
  )
}

function List({ uses, onMore }: { uses: Uses; onMore: () => void }) {
  const m = more().uses
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
        <Button kind="ghost" onClick={onMore}>
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
