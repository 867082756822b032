// The bill: the cashier types the amount and sees at once what to take off.
import { useRef, useState } from 'preact/hooks'

import { money, rupiah } from '../../shared/ui/format'
import { Field } from '../../shared/ui/forms'
import { go } from '../../shared/ui/router'
import { Button, Icon, Title } from '../../shared/ui/ui'
import type { Offer, Use, Verdict } from '../contract'
import { Pad } from './pad'
import { till, useKeys } from './till'
import { because, fill, w } from './words'

const most = 1_000_000_000 // rupiah

interface Props {
  verdict: Verdict
  offer: Offer
  onDone: (use: Use) => void
}

export function Bill({ verdict, offer, onDone }: Props) {
  const [gross, setGross] = useState(0)
  const [receiptNumber, setReceiptNumber] = useState('')
  const [numbered, setNumbered] = useState(false)
  const [idChecked, setIdChecked] = useState(false)
  const [saving, setSaving] = useState(false)
  const sent = useRef(false)
  const [fault, setFault] = useState(false)

  const sum = gross > 0 ? till.preview(verdict, offer, gross) : null
  const needsId = offer.needsIdCheck || !!verdict.card?.needsIdCheck
  const ready = sum?.reason === '' && (!needsId || idChecked) && !saving

  const press = (key: string) => {
    if (sent.current) return
    setGross((n) => {
      if (key === 'erase') return Math.floor(n / 10)
      const next = Number(`${n}${key}`)
      return next <= most ? next : n
    })
  }
  const confirm = async () => {
    if (!ready || sent.current) return
    sent.current = true
    setSaving(true)
    setFault(false)
    try {
      onDone(await till.redeem(verdict, { offer, gross, receiptNumber: receiptNumber.trim(), idChecked }))
    } catch {
      sent.current = false
      setSaving(false)
      setFault(true)
    }
  }
  useKeys((key) => {
    if (key === 'Enter') void confirm()
    if (key === 'Escape') history.back()
  })

  return (
    <main class="bill">
      <div class="top">
        <div class="title">
          <button type="button" class="round" aria-label={w.back} onClick={() => go('kartu', true)}>
            <Icon name="back" />
          </button>
          <div>
            <Title>{offer.title}</Title>
            <p class="hint">{verdict.card?.name}</p>
          </div>
        </div>
        <div class="amount">
          <span>{w.bill.title}</span>
          <output class={money(gross) + (gross ? '' : ' dim')} aria-live="polite">
            {rupiah(gross)}
          </output>
        </div>
        <Preview sum={sum} offer={offer} />
        {numbered ? (
          <Field label={w.bill.receipt} value={receiptNumber} onInput={setReceiptNumber} input={{ maxLength: 40, enterkeyhint: 'done', autofocus: true }} />
        ) : (
          <button type="button" class="link" onClick={() => setNumbered(true)}>
            + {w.bill.receipt}
          </button>
        )}
        {fault && (
          <p class="hint bad" role="alert">
            {w.problems.storage}
          </p>
        )}
      </div>
      <div class="bottom">
        <Pad extra="000" onKey={press} />
        {needsId && (
          <label class={idChecked ? 'tick on' : 'tick'}>
            <input type="checkbox" checked={idChecked} onChange={(event) => setIdChecked(event.currentTarget.checked)} />
            <span>{w.bill.id_check}</span>
          </label>
        )}
        <Button kind="main" busy={saving} disabled={!ready} onClick={confirm}>
          {saving ? w.bill.saving : needsId && !idChecked ? w.bill.id_first : w.bill.confirm}
        </Button>
      </div>
    </main>
  )
}

function Preview({ sum, offer }: { sum: ReturnType<typeof till.preview> | null; offer: Offer }) {
  if (sum && sum.reason) {
    return (
      <div class="note warn" role="status">
        <div>
          {sum.reason === 'below_minimum' ? fill(w.bill.minimum, { rp: rupiah(offer.minGross) }) : because(sum.reason)[0]}
        </div>
      </div>
    )
  }
  return (
    <dl class="preview" aria-live="polite">
      <div>
        <dt>{w.bill.discount}</dt>
        <dd class="good">{sum ? '−' + rupiah(sum.discount) : '–'}</dd>
      </div>
      <div>
        <dt>{w.bill.net}</dt>
        <dd>{sum ? rupiah(sum.net) : '–'}</dd>
      </div>
    </dl>
  )
}
