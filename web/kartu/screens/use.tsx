// One use: what was paid, its receipt, and what to do when it is not right.
import { useState } from 'preact/hooks'

import { dayOf, rupiah, time } from '../../shared/ui/format'
import { Sheet } from '../../shared/ui/forms'
import Qr from '../../shared/ui/qr'
import { Share } from '../../shared/ui/share'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import type { UseItem } from '../contract'
import { Choices, Empty, Fault, Spinner } from './parts'
import { attempt, phone, useHeld } from './phone'
import { more } from './texts'
import { looks } from './uses'
import { fill, problem } from './words'

const reasons = ['not_me', 'wrong_amount', 'not_received', 'other'] as const

export function UseScreen({ id }: { id: string }) {
  const [held, reload] = useHeld(() => phone.uses())
  const m = more().uses
  const use = held?.value.items.find((u) => u.id === id)
  return (
    <main class="page">
      <Title back="riwayat">{use ? use.partner || use.outlet : m.title}</Title>
      {!held && <Spinner />}
      {held && !use && <Empty icon="off" title={m.gone} />}
      {use && <One use={use} onChange={() => void reload()} />}
    </main>
  )
}

function One({ use, onChange }: { use: UseItem; onChange: () => void }) {
  const m = more()
  const [asking, ask] = useState(false)
  const [qr, setQr] = useState(false)
  const [kind, icon] = looks[use.state]
  const text = () =>
    fill(m.uses.share_text, {
      promo: use.title, place: place(use), time: `${dayOf(use.at)} ${time(use.at)}`,
      gross: rupiah(use.gross), discount: rupiah(use.discount), net: rupiah(use.net), url: use.receiptUrl,
    })
  return (
    <>
      <section class={'group paper ' + kind}>
        <p class="tag">
          <Icon name={icon} />
          {m.uses.states[use.state]}
        </p>
        <h2>{use.title}</h2>
        <dl class="sums">
          <dt>{m.uses.bill}</dt>
          <dd>{rupiah(use.gross)}</dd>
          <dt>{m.uses.discount}</dt>
          <dd class="good">−{rupiah(use.discount)}</dd>
          <dt>{m.uses.net}</dt>
          <dd class="net">{rupiah(use.net)}</dd>
        </dl>
        <dl class="facts">
          <dt>{m.uses.place}</dt>
          <dd>{use.outlet}</dd>
          <dt>{m.uses.when}</dt>
          <dd>
            {dayOf(use.at)}, {time(use.at)}
          </dd>
          {use.receiptCode && <dt>{m.uses.code}</dt>}
          {use.receiptCode && <dd class="mono">{use.receiptCode}</dd>}
        </dl>
        {use.printed && <p class="hint">{m.uses.by_print}</p>}
      </section>
      {use.state === 'voided' && <Note icon="undo">{m.uses.voided_do}</Note>}
      <Dispute use={use} />
      {use.receiptUrl && (
        <div class="pair">
          <a class="btn ghost" href={use.receiptUrl} target="_blank" rel="noreferrer">
            <span>{m.uses.receipt}</span>
          </a>
          <Button kind="ghost" onClick={() => setQr(true)}>
            {m.uses.qr}
          </Button>
        </div>
      )}
      <Share text={text} label={m.uses.share} texts={m.uses} />
      {use.canDispute && !use.dispute && (
        <Button kind="ghost bad" icon="alert" onClick={() => ask(true)}>
          {m.uses.not_me}
        </Button>
      )}
      {qr && (
        <Sheet title={m.uses.qr} onClose={() => setQr(false)}>
          <Qr text={use.receiptUrl} label={m.uses.qr} />
          <p class="typed center">{use.receiptCode}</p>
        </Sheet>
      )}
      {asking && <Ask use={use} onClose={() => ask(false)} onDone={onChange} />}
    </>
  )
}

const place = (use: UseItem): string => (use.partner && use.partner !== use.outlet ? `${use.partner}, ${use.outlet}` : use.outlet)

function Dispute({ use }: { use: UseItem }) {
  const m = more().dispute
  if (!use.dispute) return null
  const named: Record<string, string> = m
  const state = use.state === 'reversed' ? m.reversed : use.state === 'upheld' ? m.upheld : m.waits
  return (
    <Note kind={use.state === 'disputed' ? 'warn' : ''} icon={looks[use.state][1]}>
      <p role="status">
        <b>{state}</b>
      </p>
      <p>
        {fill(m.sent, { day: dayOf(use.dispute.at) })} {fill(m.reason, { reason: named[use.dispute.reason] ?? m.other })}
      </p>
      {use.dispute.reason === 'not_me' && <p>{m.lost}</p>}
    </Note>
  )
}

function Ask({ use, onClose, onDone }: { use: UseItem; onClose: () => void; onDone: () => void }) {
  const m = more().dispute
  const [reason, setReason] = useState<(typeof reasons)[number] | ''>('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const send = async () => {
    if (!reason) return
    setBusy(true)
    setFault('')
    const refused = await attempt(phone.dispute(use.id, reason))
    setBusy(false)
    if (refused) return setFault(problem(refused.code))
    onClose()
    onDone()
  }
  return (
    <Sheet title={m.title} onClose={onClose}>
      <p>
        <b>{use.outlet}</b>, {dayOf(use.at)}, {rupiah(use.discount)}
      </p>
      <Choices name="reason" legend={m.why} options={reasons.map((key) => [key, m[key]])} value={reason} onChange={setReason} />
      <p class="hint">{m.next}</p>
      {fault && <Fault>{fault}</Fault>}
      <Button kind="danger" busy={busy} disabled={!reason} onClick={send}>
        {busy ? m.sending : m.send}
      </Button>
    </Sheet>
  )
}
