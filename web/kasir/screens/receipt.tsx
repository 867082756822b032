// What became of a use: what the participant pays, the proof, and the way back.
import { useState } from 'preact/hooks'

import { countdown, money, rupiah, time } from '../../shared/ui/format'
import { Sheet } from '../../shared/ui/forms'
import { useNow } from '../../shared/ui/now'
import { go } from '../../shared/ui/router'
import { Share } from '../../shared/ui/share'
import { Button, Icon, later, Note, Title } from '../../shared/ui/ui'
import type { Use } from '../contract'
import { icons } from './icons'
import { more } from './texts'
import { till, useKeys, useTill } from './till'
import { Sign } from './verdict'
import { because, fill, problem, w } from './words'

const Qr = later(() => import('../../shared/ui/qr').then((m) => m.default))

/** Receipt is the screen after a use. */
export function Receipt({ use: first }: { use: Use | null }) {
  const [use, setUse] = useState(first)
  const next = () => go('', true)
  useKeys((key) => {
    if (use?.state !== 'unsure' && (key === 'Enter' || key === 'Escape')) next()
  })
  if (!use) {
    next()
    return null
  }
  if (use.state === 'unsure') return <Unsure use={use} onChange={setUse} onDrop={next} />
  if (use.state === 'refused') return <Refused use={use} onNext={next} />
  return (
    <main class="receipt">
      <Details use={use} onChange={setUse} />
      <div class="actions">
        <Button kind="main wide" icon={icons.scan} onClick={next}>
          {more().receipt.next}
        </Button>
      </div>
    </main>
  )
}

interface Shown {
  use: Use
  onChange: (use: Use) => void
}

/** Details is a record with its proof and the way to void it; the day's list shows it too. */
export function Details({ use, onChange, inList = false }: Shown & { inList?: boolean }) {
  const { outlet } = useTill()
  const m = more().receipt
  const zone = outlet?.zone
  const voided = use.state === 'voided'
  const rows: [string, string][] = [
    [m.promo, use.title],
    [m.name, use.name],
    [m.number, use.receiptNumber],
    [m.code, use.receiptCode],
    [m.time, time(use.at, zone)],
  ]
  const text = () =>
    fill(m.share_text, {
      promo: use.title, outlet: outlet?.name ?? '', time: time(use.at, zone), gross: rupiah(use.gross),
      discount: rupiah(use.discount), net: rupiah(use.net), code: use.receiptUrl || use.receiptCode,
    }).trim()
  return (
    <>
      <section class={'paid ' + use.state}>
        <Icon name={voided ? 'undo' : use.state === 'queued' ? 'phone' : 'check'} />
        {inList ? <h3>{head(use)}</h3> : <Title>{head(use)}</Title>}
        {!voided && (
          <p class="pays">
            <span>{m.pays}</span>
            <b class={money(use.net)}>{rupiah(use.net)}</b>
          </p>
        )}
        <p>{voided ? fill(m.voided_do, { rp: rupiah(use.gross) }) : use.state === 'queued' ? m.queued_do : m.recorded_do}</p>
      </section>
      {notes(use).map((text) => (
        <Note key={text} kind="warn" icon="alert">
          {text}
        </Note>
      ))}
      <dl class="sums">
        <dt>{m.bill}</dt>
        <dd>{rupiah(use.gross)}</dd>
        <dt>{m.discount}</dt>
        <dd class="good">−{rupiah(use.discount)}</dd>
      </dl>
      {!voided && (
        <div class="pair">
          <Proof use={use} />
          <Share texts={m} text={text} label={m.share} />
        </div>
      )}
      {!voided && <Undo use={use} onChange={onChange} />}
      <dl class="facts">
        {rows.map(([name, value]) => value && [<dt key={name}>{name}</dt>, <dd key={name + 'v'}>{value}</dd>])}
      </dl>
    </>
  )
}

const head = (use: Use): string => {
  const m = more().receipt
  return use.state === 'voided' ? m.voided : use.state === 'queued' ? m.queued : m.recorded
}

function notes(use: Use): string[] {
  const m = more().receipt
  const said: Record<string, string> = { over_limit: m.flag_over, late_void: m.flag_late, amount_differs: m.flag_amount }
  return use.flags.map((flag) => said[flag] ?? '').filter(Boolean)
}

function Proof({ use }: { use: Use }) {
  const [open, setOpen] = useState(false)
  const m = more().receipt
  if (!use.receiptUrl) return <p class="hint">{m.qr_later}</p>
  return (
    <>
      <Button icon={icons.scan} kind="soft" onClick={() => setOpen(true)}>
        {m.qr}
      </Button>
      {open && (
        <Sheet title={m.qr} onClose={() => setOpen(false)}>
          <Qr text={use.receiptUrl} label={m.qr} />
          <p class="center code">{use.receiptCode}</p>
          <p class="center hint">{m.qr_hint}</p>
        </Sheet>
      )}
    </>
  )
}

export function Undo({ use, onChange }: Shown) {
  const [asking, setAsking] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const at = useNow(1)
  const m = more().receipt
  const left = use.voidUntil - at
  if (!use.voidable || left <= 0) return <p class="hint center">{m.undo_closed}</p>
  const undo = async (why: string) => {
    setBusy(true)
    const done = await till.undo(use.key, why).catch(() => ({ code: 'other' }))
    setBusy(false)
    if ('key' in done) {
      setAsking(false)
      onChange(done)
    } else setFault(problem(done.code))
  }
  return (
    <>
      <Button icon="undo" kind="ghost bad" onClick={() => setAsking(true)}>
        {m.undo} <small>{fill(m.undo_left, { time: countdown(left) })}</small>
      </Button>
      {asking && (
        <Sheet title={m.undo_why} onClose={() => setAsking(false)}>
          <div class="stack">
            {[m.why_amount, m.why_promo, m.why_customer].map((why) => (
              <Button key={why} kind="soft" busy={busy} onClick={() => void undo(why)}>
                {why}
              </Button>
            ))}
            {fault && (
              <p class="hint bad" role="alert">
                {fault}
              </p>
            )}
          </div>
        </Sheet>
      )}
    </>
  )
}

function Unsure({ use, onChange, onDrop }: Shown & { onDrop: () => void }) {
  const m = more().receipt
  return (
    <main class="verdict v-cannot_tell">
      <div class="answer alone">
        <Sign kind="cannot_tell" />
        <Title>{m.unsure}</Title>
        <p class="what">{m.unsure_why}</p>
        <p class="do">{m.unsure_do}</p>
      </div>
      <div class="choice" />
      <Settle use={use} onChange={onChange} onDrop={onDrop} />
    </main>
  )
}

/** Settle asks again about a use without an answer, or gives it up. */
export function Settle({ use, onChange, onDrop, inList = false }: Shown & { onDrop: () => void; inList?: boolean }) {
  const [busy, setBusy] = useState(false)
  const [sure, setSure] = useState(false)
  const m = more().receipt
  const ask = async () => {
    setBusy(true)
    const asked = await till.retry(use.key).catch(() => use)
    setBusy(false)
    onChange(asked)
  }
  const drop = async () => {
    await till.giveUp(use.key)
    onDrop()
  }
  return (
    <div class="stack actions">
      <Button kind={inList ? 'main' : 'plain'} busy={busy} onClick={ask}>
        {busy ? m.asking : m.ask}
      </Button>
      <Button kind={inList ? 'ghost' : 'glass'} onClick={() => setSure(true)}>
        {m.give_up}
      </Button>
      {sure && (
        <Sheet title={m.give_up} onClose={() => setSure(false)}>
          <p class="lead">{fill(m.give_up_sure, { rp: rupiah(use.gross) })}</p>
          <Button kind="danger" onClick={drop}>
            {m.give_up_yes}
          </Button>
        </Sheet>
      )}
    </div>
  )
}

function Refused({ use, onNext }: { use: Use; onNext: () => void }) {
  const m = more().receipt
  const [what, next] = because(use.reason)
  return (
    <main class="verdict v-not_valid">
      <div class="answer alone">
        <Sign kind="not_valid" />
        <Title>
          {m.refused.split(' ').map((word) => (
            <span key={word}>{word} </span>
          ))}
        </Title>
        <p class="charge">{fill(m.refused_pay, { rp: rupiah(use.gross) })}</p>
        <p class="what">{what}</p>
        <p class="do">{next}</p>
      </div>
      <div class="actions">
        <Button icon={icons.scan} kind="plain wide" onClick={onNext}>
          {w.verdict.again}
        </Button>
      </div>
    </main>
  )
}
