// The day at this till: totals, every use with its state, search, and a recap
// to send to the owner.
import { useEffect, useState } from 'preact/hooks'

import { dayOf, now, rupiah, time } from '../../shared/ui/format'
import { Sheet } from '../../shared/ui/forms'
import { go } from '../../shared/ui/router'
import { Share } from '../../shared/ui/share'
import { Button, Icon, type IconName, Note, Title } from '../../shared/ui/ui'
import type { Totals, Use } from '../contract'
import { icons } from './icons'
import { Details, Settle } from './receipt'
import { more } from './texts'
import { till, useTill } from './till'
import { because, fill, problem, w } from './words'

const signs: Record<Use['state'], IconName> = { recorded: 'check', queued: 'up', unsure: 'alert', refused: 'cross', voided: 'undo' }

export function Today({ open }: { open: string }) {
  const state = useTill()
  const [day, setDay] = useState<{ uses: Use[]; totals: Totals } | null>(null)
  const [search, setSearch] = useState('')
  const load = () => void till.today().then(setDay)
  useEffect(load, [state.unsent, state.syncing])

  const m = more().today
  if (!day) return <main class="page middle"><i class="spin big" role="status" aria-label={w.loading} /></main>
  const sought = search.trim().toLowerCase()
  const found = day.uses.filter((u) => [u.receiptNumber, u.receiptCode, u.name, u.title].some((text) => text.toLowerCase().includes(sought)))
  const chosen = day.uses.find((u) => u.key === open)
  return (
    <main class="page">
      <Title>{m.title}</Title>
      <Queue />
      {day.uses.length === 0 ? (
        <div class="empty">
          <Icon name="list" />
          <p class="lead">{m.empty}</p>
          <p class="hint">{m.empty_do}</p>
          <Button kind="main" icon={icons.scan} onClick={() => go('')}>
            {w.scan.title}
          </Button>
        </div>
      ) : (
        <>
          <Sums totals={day.totals} />
          <input
            type="search" class="search" placeholder={m.search} aria-label={m.search} value={search} autocomplete="off"
            onInput={(event) => setSearch(event.currentTarget.value)}
          />
          {found.length === 0 && <p class="hint">{m.nothing}</p>}
          <ul class="rows">
            {found.map((use) => (
              <Row key={use.key} use={use} zone={state.outlet?.zone} />
            ))}
          </ul>
          <Share texts={more().receipt} label={m.recap} text={() => recap(day.totals)} />
        </>
      )}
      {chosen && <One use={chosen} onChange={load} />}
    </main>
  )
}

function recap(totals: Totals): string {
  const { outlet, unsent } = till.state()
  const m = more().today
  const text = fill(m.recap_text, {
    day: dayOf(now(), outlet?.zone), outlet: outlet?.name ?? '', uses: totals.uses,
    gross: rupiah(totals.gross), discount: rupiah(totals.discount), net: rupiah(totals.net),
  })
  return unsent ? text + '\n' + fill(m.recap_unsent, { n: unsent }) : text
}

/** Queue says what is not sent yet, and sends it. */
export function Queue() {
  const { unsent, syncing, problem: trouble } = useTill()
  const m = more().today
  if (!unsent) return null
  return (
    <Note kind="warn" icon="up">
      <b>{fill(w.strip.unsent, { n: unsent })}</b>
      {trouble && <p>{problem(trouble.code)}</p>}
      <Button kind="main" busy={syncing} onClick={() => void till.sync()}>
        {syncing ? w.strip.sending : m.send}
      </Button>
    </Note>
  )
}

function Sums({ totals }: { totals: Totals }) {
  const m = more().today
  return (
    <section class="group totals">
      <p>
        <b>{totals.uses}</b> {m.uses}
      </p>
      <dl class="sums">
        <dt>{m.gross}</dt>
        <dd>{rupiah(totals.gross)}</dd>
        <dt>{m.discount}</dt>
        <dd class="good">−{rupiah(totals.discount)}</dd>
        <dt>{m.net}</dt>
        <dd>{rupiah(totals.net)}</dd>
      </dl>
    </section>
  )
}

function Row({ use, zone }: { use: Use; zone: string | undefined }) {
  const m = more().today
  return (
    <li>
      <a class={'row ' + use.state} href={'#/hari-ini/' + use.key}>
        <span class="face">
          <Icon name={signs[use.state]} />
        </span>
        <span class="grow">
          <b>{use.title}</b>
          <small>
            {[time(use.at, zone), use.name, use.receiptNumber].filter(Boolean).join(' · ')}
          </small>
          <span class="line">
            <small class="state">{m.states[use.state]}</small>
            <b class="sum">−{rupiah(use.discount)}</b>
          </span>
        </span>
      </a>
    </li>
  )
}

function One({ use, onChange }: { use: Use; onChange: () => void }) {
  const m = more()
  const close = () => go('hari-ini', true)
  return (
    <Sheet title={use.title} onClose={close}>
      {use.state === 'refused' && (
        <Note kind="bad" icon="cross">
          <b>{m.receipt.refused}</b>
          <p>{because(use.reason).join(' ')}</p>
        </Note>
      )}
      {use.state === 'unsure' && (
        <>
          <Note kind="warn" icon="alert">
            <b>{m.receipt.unsure_why}</b>
            <p>{m.receipt.unsure_do}</p>
          </Note>
          <Settle
            inList
            use={use}
            onChange={onChange}
            onDrop={() => {
              close()
              onChange()
            }}
          />
        </>
      )}
      {use.state !== 'unsure' && use.state !== 'refused' && <Details use={use} onChange={onChange} inList />}
    </Sheet>
  )
}
