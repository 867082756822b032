// Who may stand at the tills of an outlet, with a PIN each.
import { useEffect, useState } from 'preact/hooks'

import { Field, Sheet } from '../../../shared/ui/forms'
import { Button } from '../../../shared/ui/ui'
import { fill, w } from '../words'
import { Refused, requests, sentence, words, type Outlet, type Person } from './requests'

type Dialog = { kind: 'add' } | { kind: 'pin' | 'end'; person: Person } | null

export function Cashiers({ outlet, onLost }: { outlet: Outlet; onLost: () => void }) {
  const [people, setPeople] = useState<Person[] | null>(null)
  const [dialog, setDialog] = useState<Dialog>(null)
  const [fault, setFault] = useState('')
  const m = words()
  const load = () =>
    requests.cashiers(outlet.id).then(
      (list) => setPeople(list.filter((p) => p.state !== 'ended')),
      (no: unknown) => (no instanceof Refused && no.status === 401 ? onLost() : setFault(sentence(no))),
    )
  useEffect(() => void load(), [])
  const close = () => setDialog(null)
  const saved = () => {
    close()
    void load()
  }
  return (
    <section class="group">
      <h2>{m.cashiers}</h2>
      {fault && <p class="hint bad" role="alert">{fault}</p>}
      {people?.length === 0 && <p class="hint">{m.no_cashiers}</p>}
      <ul class="rows">
        {people?.map((p) => (
          <li key={p.id} class="row wrap">
            <span class="face" aria-hidden="true">
              {p.name.slice(0, 1).toUpperCase()}
            </span>
            <span class="grow">
              <b>{p.name}</b>
              <small class={p.state === 'locked' ? 'bad' : ''}>{p.state === 'locked' ? m.locked : m.on}</small>
            </span>
            <button type="button" class="link" aria-label={fill(m.new_pin_for, { name: p.name })} onClick={() => setDialog({ kind: 'pin', person: p })}>
              {m.new_pin}
            </button>
            <button type="button" class="link bad" aria-label={fill(m.end_sure, { name: p.name })} onClick={() => setDialog({ kind: 'end', person: p })}>
              {m.end}
            </button>
          </li>
        ))}
      </ul>
      {outlet.state === 'active' && (
        <Button kind="soft" icon="plus" onClick={() => setDialog({ kind: 'add' })}>
          {m.add_cashier}
        </Button>
      )}
      {people && people.length > 0 && <p class="hint">{m.synced_later}</p>}
      {dialog?.kind === 'add' && <Add outlet={outlet} onClose={close} onSaved={saved} />}
      {dialog?.kind === 'pin' && <NewPin person={dialog.person} onClose={close} onSaved={saved} />}
      {dialog?.kind === 'end' && <End person={dialog.person} onClose={close} onSaved={saved} />}
    </section>
  )
}

interface DialogProps {
  onClose: () => void
  onSaved: () => void
}

const weak = (pin: string): boolean => /^(\d)\1*$/.test(pin) || pin === '123456' || pin === '654321'
const digits = { class: 'code', inputMode: 'numeric', maxLength: 6, autocomplete: 'off' } as const

/** useSave sends once and keeps what was refused. */
function useSave(onSaved: () => void) {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const save = (send: () => Promise<unknown>) => {
    setBusy(true)
    setFault('')
    send().then(onSaved, (no: unknown) => {
      setBusy(false)
      setFault(sentence(no))
    })
  }
  return { busy, fault, setFault, save }
}

const pinFault = (pin: string): string => {
  const m = words()
  return !/^\d{6}$/.test(pin) ? m.pin_short : weak(pin) ? m.problems.invalid : ''
}

function Add({ outlet, onClose, onSaved }: DialogProps & { outlet: Outlet }) {
  const [name, setName] = useState('')
  const [pin, setPin] = useState('')
  const { busy, fault, setFault, save } = useSave(onSaved)
  const m = words()
  const send = (event: Event) => {
    event.preventDefault()
    const wrong = name.trim() ? pinFault(pin) : m.name_short
    if (wrong) setFault(wrong)
    else save(() => requests.addCashier(outlet.id, name.trim(), pin))
  }
  return (
    <Sheet title={m.add_cashier} onClose={onClose}>
      <form class="stack" onSubmit={send}>
        <Field label={m.cashier_name} value={name} onInput={setName} input={{ maxLength: 40, autocapitalize: 'words' }} />
        <Field label={m.pin} hint={m.pin_hint} value={pin} onInput={setPin} error={fault} input={digits} />
        <Button submit kind="main" busy={busy}>
          {busy ? m.saving : m.save}
        </Button>
      </form>
    </Sheet>
  )
}

function NewPin({ person, onClose, onSaved }: DialogProps & { person: Person }) {
  const [pin, setPin] = useState('')
  const { busy, fault, setFault, save } = useSave(onSaved)
  const m = words()
  const send = (event: Event) => {
    event.preventDefault()
    const wrong = pinFault(pin)
    if (wrong) setFault(wrong)
    else save(() => requests.setPin(person.id, pin))
  }
  return (
    <Sheet title={fill(m.new_pin_for, { name: person.name })} onClose={onClose}>
      <form class="stack" onSubmit={send}>
        <Field label={m.pin} hint={m.pin_hint} value={pin} onInput={setPin} error={fault} input={digits} />
        <Button submit kind="main" busy={busy}>
          {busy ? m.saving : m.save}
        </Button>
      </form>
    </Sheet>
  )
}

function End({ person, onClose, onSaved }: DialogProps & { person: Person }) {
  const { busy, fault, save } = useSave(onSaved)
  const m = words()
  return (
    <Sheet title={m.end} onClose={onClose}>
      <div class="stack">
        <p class="lead">{fill(m.end_sure, { name: person.name })}</p>
        {fault && <p class="hint bad" role="alert">{fault}</p>}
        <Button kind="danger" busy={busy} onClick={() => save(() => requests.endCashier(person.id))}>
          {m.end_yes}
        </Button>
        <Button kind="ghost" onClick={onClose}>
          {w.cancel}
        </Button>
      </div>
    </Sheet>
  )
}
