// Asking for a card by one's own data. What is said is the same whether the
// data fit somebody or not.
import { useState } from 'preact/hooks'

import { countdown, now } from '../../shared/ui/format'
import { Field } from '../../shared/ui/forms'
import { useNow } from '../../shared/ui/now'
import { go } from '../../shared/ui/router'
import { Button, Note, Title } from '../../shared/ui/ui'
import { locale } from '../../shared/ui/words'
import type { ClaimForm } from '../contract'
import { Fault } from './parts'
import { failed, phone } from './phone'
import { more } from './texts'
import { fill, problem, w } from './words'

interface Sent {
  id: string
  expiresAt: number
  at: number
}

export function Claim({ onCode }: { onCode: (code: string) => void }) {
  const [form, setForm] = useState<ClaimForm>({ kind: 'nik', number: '', birthOn: '' })
  const [sent, setSent] = useState<Sent | null>(null)
  const done = (code: string) => {
    go('', true)
    onCode(code)
  }
  if (sent) return <Digits sent={sent} form={form} onSent={setSent} onBack={() => setSent(null)} onCode={done} />
  return <Ask form={form} onForm={setForm} onSent={setSent} />
}

const lengths = { nik: 16, kpj: 11 }

const months = (): string[] => Array.from({ length: 12 }, (_, m) => new Intl.DateTimeFormat(locale(), { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, m, 1)))

/** date is YYYY-MM-DD, or '' when there is no such day in the past. */
export function date(day: string, month: string, year: string): string {
  const [d, m, y] = [day, month, year].map(Number) as [number, number, number]
  const at = new Date(Date.UTC(y, m - 1, d))
  const real = y > 1900 && at.getUTCDate() === d && at.getUTCMonth() === m - 1 && at.getTime() < Date.now()
  return real ? at.toISOString().slice(0, 10) : ''
}

async function send(form: ClaimForm): Promise<Sent | string> {
  const answer = await phone.claim(form).catch(() => ({ code: 'other' }))
  return failed(answer) ? problem(answer.code) : { ...(answer as Sent), at: now() }
}

interface AskProps {
  form: ClaimForm
  onForm: (form: ClaimForm) => void
  onSent: (sent: Sent) => void
}

function Ask({ form, onForm, onSent }: AskProps) {
  const m = more().claim
  const [year = '', month = '', day = ''] = form.birthOn.split('-').map((part) => part.replace(/^0+/, ''))
  const [born, setBorn] = useState({ day, month, year })
  const [busy, setBusy] = useState(false)
  const [tried, setTried] = useState(false)
  const [fault, setFault] = useState('')
  const digits = form.number.replace(/\D/g, '')
  const birthOn = date(born.day, born.month, born.year)
  const wrong = digits.length !== lengths[form.kind]
  const submit = async (event: Event) => {
    event.preventDefault()
    setTried(true)
    if (wrong || !birthOn) return
    setBusy(true)
    setFault('')
    const whole = { ...form, number: digits, birthOn }
    onForm(whole)
    const answer = await send(whole)
    setBusy(false)
    if (typeof answer === 'string') setFault(answer)
    else onSent(answer)
  }
  return (
    <main class="page">
      <Title back="">{m.title}</Title>
      <p>{m.lead}</p>
      <form class="stack" onSubmit={submit}>
        <fieldset class="segments">
          <legend>{m.which}</legend>
          {(['nik', 'kpj'] as const).map((kind) => (
            <label key={kind}>
              <input type="radio" name="kind" checked={form.kind === kind} onChange={() => onForm({ ...form, kind })} />
              <span>{m[kind]}</span>
            </label>
          ))}
        </fieldset>
        <Field
          label={m[form.kind]} hint={m[`${form.kind}_hint`]} value={form.number} onInput={(number) => onForm({ ...form, number })}
          error={tried && wrong ? m[`${form.kind}_wrong`] : ''} input={{ class: 'code', inputMode: 'numeric', maxLength: 24, enterkeyhint: 'next' }}
        />
        <Born born={born} onBorn={setBorn} wrong={tried && !birthOn} />
        {fault && <Fault>{fault}</Fault>}
        <Button submit kind="main" busy={busy}>
          {busy ? m.sending : m.send}
        </Button>
      </form>
      <p class="hint">{more().start.no_phone}</p>
    </main>
  )
}

interface Born {
  day: string
  month: string
  year: string
}

function Born({ born, onBorn, wrong }: { born: Born; onBorn: (born: Born) => void; wrong: boolean }) {
  const m = more().claim
  return (
    <fieldset class="born">
      <legend>{m.born}</legend>
      <div>
        <Field label={m.day} value={born.day} onInput={(day) => onBorn({ ...born, day })} input={{ inputMode: 'numeric', maxLength: 2, autocomplete: 'bday-day' }} />
        <div class="field">
          <label for="month">{m.month}</label>
          <select id="month" value={born.month} autocomplete="bday-month" onChange={(event) => onBorn({ ...born, month: event.currentTarget.value })}>
            <option value="" />
            {months().map((name, i) => (
              <option key={name} value={i + 1}>
                {name}
              </option>
            ))}
          </select>
        </div>
        <Field label={m.year} value={born.year} onInput={(year) => onBorn({ ...born, year })} input={{ inputMode: 'numeric', maxLength: 4, autocomplete: 'bday-year' }} />
      </div>
      {wrong && <Fault>{m.born_wrong}</Fault>}
    </fieldset>
  )
}

/** isCode tells an activation code, which is in capitals, from the code of a problem. */
const isCode = (text: string): boolean => /^[0-9A-Z-]{8,}$/.test(text)

const pause = 60 // seconds until a code can be asked for again

interface DigitsProps {
  sent: Sent
  form: ClaimForm
  onSent: (sent: Sent) => void
  onBack: () => void
  onCode: (code: string) => void
}

function Digits({ sent, form, onSent, onBack, onCode }: DigitsProps) {
  const m = more().claim
  const [digits, setDigits] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const at = useNow(1)
  const left = sent.expiresAt - (at - phone.state().clock.by)
  const wait = sent.at + pause - at
  const confirm = async (event: Event) => {
    event.preventDefault()
    const bare = digits.replace(/\D/g, '')
    if (bare.length !== 6) return setFault(m.digits_need)
    setBusy(true)
    setFault('')
    const answer = await phone.confirm(sent.id, bare).catch(() => ({ code: 'other' }))
    setBusy(false)
    if (isCode(answer.code)) onCode(answer.code)
    else setFault(problem(answer.code))
  }
  const again = async () => {
    const answer = await send(form)
    if (typeof answer === 'string') setFault(answer)
    else {
      onSent(answer)
      setFault('')
      setDigits('')
    }
  }
  return (
    <main class="page">
      <Title>{m.title}</Title>
      <Note icon="phone">
        <p role="status">{m.sent}</p>
      </Note>
      <form class="stack" onSubmit={confirm}>
        <Field
          label={m.digits} value={digits} onInput={setDigits} error={fault} hint={left > 0 ? fill(m.left, { time: countdown(left) }) : m.over}
          input={{ class: 'code six', inputMode: 'numeric', maxLength: 7, autocomplete: 'one-time-code', enterkeyhint: 'go' }}
        />
        <Button submit kind="main" busy={busy}>
          {m.confirm}
        </Button>
      </form>
      <Button kind="ghost" disabled={wait > 0} onClick={again}>
        {m.again}
        {wait > 0 && ` (${countdown(wait)})`}
      </Button>
      <Button kind="ghost" onClick={onBack}>
        {w.back}
      </Button>
      <p class="hint">{m.none}</p>
    </main>
  )
}
