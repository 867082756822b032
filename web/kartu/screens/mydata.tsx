// What somebody may ask about their data, and what became of it.
import { useState } from 'preact/hooks'

import { dayOf, time } from '../../shared/ui/format'
import { Field, Sheet } from '../../shared/ui/forms'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import type { DataRequest, RequestKind } from '../contract'
import { icons } from './icons'
import { Age, Fault, LinkRow, Missing, Spinner } from './parts'
import { attempt, phone, useHeld, usePhone } from './phone'
import { more } from './texts'
import { fill, problem, w } from './words'

type Asking = 'export' | 'correct' | 'withdraw' | 'erase' | ''

export function MyData() {
  const m = more().data
  const { card } = usePhone()
  const [held, reload] = useHeld(() => phone.requests())
  const [asking, ask] = useState<Asking>('')
  const [said, say] = useState('')
  const close = () => ask('')
  const done = (text: string) => {
    say(text)
    close()
    void reload()
  }
  const open = (kind: RequestKind) => held?.value.some((r) => r.kind === kind && (r.state === 'open' || r.state === 'prepared')) ?? false
  const withdrawn = card?.standing === 'restricted'
  return (
    <main class="page">
      <Title back="akun">{m.title}</Title>
      {said && (
        <Note icon="check">
          <p role="status">{said}</p>
        </Note>
      )}
      {withdrawn && (
        <Note kind="warn" icon="lock">
          <p>{m.withdrawn}</p>
          <Button kind="soft" onClick={() => go('privasi')}>
            {m.give}
          </Button>
        </Note>
      )}
      <ul class="rows list">
        <LinkRow to="akun/data/lihat" icon={icons.eye} title={m.view} hint={m.view_hint} />
        <LinkRow to="akun/data/akses" icon={icons.person} title={m.accesses} hint={m.accesses_hint} />
        <Act icon={icons.down} title={m.export} hint={m.export_hint} onClick={() => ask('export')} />
        {!open('correct') && <Act icon={icons.pen} title={m.correct} hint={m.correct_hint} onClick={() => ask('correct')} />}
        {!withdrawn && <Act icon={icons.pause} title={m.withdraw} hint={m.withdraw_hint} onClick={() => ask('withdraw')} />}
        {!open('erase') && <Act icon={icons.bin} title={m.erase} hint={m.erase_hint} onClick={() => ask('erase')} />}
      </ul>
      <section class="stack">
        <h2>{m.requests}</h2>
        <Age held={held} />
        {!held && <Spinner />}
        {held && !held.at && <Missing onAgain={() => void reload()} />}
        {held && held.at > 0 && held.value.length === 0 && <p class="hint">{m.requests_empty}</p>}
        <ul class="rows">
          {held?.value.map((request) => (
            <Request key={request.id} request={request} onChange={() => void reload()} />
          ))}
        </ul>
      </section>
      {asking === 'export' && <Export onClose={close} />}
      {asking === 'correct' && <Correct onClose={close} onDone={done} />}
      {asking === 'withdraw' && <Withdraw onClose={close} onDone={done} />}
      {asking === 'erase' && <Erase onClose={close} onDone={done} />}
    </main>
  )
}

interface ActProps {
  icon: `M${string}`
  title: string
  hint: string
  onClick: () => void
}

const Act = ({ icon, title, hint, onClick }: ActProps) => (
  <li>
    <button type="button" class="row" onClick={onClick}>
      <span class="face">
        <Icon name={icon} />
      </span>
      <span class="grow">
        <b>{title}</b>
        <small>{hint}</small>
      </span>
      <Icon name="next" />
    </button>
  </li>
)

function Request({ request, onChange }: { request: DataRequest; onChange: () => void }) {
  const m = more().data
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const waits = request.state === 'open' || request.state === 'prepared'
  const cancel = async () => {
    setBusy(true)
    const refused = await attempt(phone.cancel(request.id))
    setBusy(false)
    if (refused) setFault(problem(refused.code))
    else onChange()
  }
  return (
    <li class="group">
      <div class="line">
        <b>{m.kinds[request.kind]}</b>
        <span class={waits ? 'chip warn' : 'chip'}>{m.states[request.state]}</span>
      </div>
      <p class="hint">{fill(m.asked, { day: dayOf(request.createdAt) })}</p>
      {waits && <p>{fill(m.due, { day: dayOf(request.dueAt), time: time(request.dueAt) })}</p>}
      {request.answer && <p>{fill(m.answer, { text: request.answer })}</p>}
      {fault && <Fault>{fault}</Fault>}
      {waits && (
        <Button kind="ghost" busy={busy} onClick={cancel}>
          {m.cancel}
        </Button>
      )}
    </li>
  )
}

interface DialogProps {
  onClose: () => void
  onDone: (said: string) => void
}

/** useRequest sends a request; ok is what is said when it was taken. */
function useRequest(kind: RequestKind, onDone: (said: string) => void): { busy: boolean; fault: string; send: (note: string, ok: string) => Promise<void> } {
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const send = async (note: string, ok: string) => {
    setBusy(true)
    setFault('')
    const refused = await attempt(phone.request(kind, note))
    setBusy(false)
    if (refused) setFault(problem(refused.code))
    else onDone(ok)
  }
  return { busy, fault, send }
}

function Correct({ onClose, onDone }: DialogProps) {
  const m = more().data
  const [note, setNote] = useState('')
  const [need, setNeed] = useState('')
  const { busy, fault, send } = useRequest('correct', onDone)
  const submit = (event: Event) => {
    event.preventDefault()
    if (note.trim()) void send(note.trim(), m.sent)
    else setNeed(m.correct_need)
  }
  return (
    <Sheet title={m.correct} onClose={onClose}>
      <form class="stack" onSubmit={submit}>
        <div class="field">
          <label for="wrong">{m.correct_what}</label>
          <textarea id="wrong" rows={4} maxLength={500} value={note} aria-describedby="wrong-hint" onInput={(event) => setNote(event.currentTarget.value)} />
          <p id="wrong-hint" class="hint">
            {m.correct_example}
          </p>
        </div>
        {(need || fault) && <Fault>{fault || need}</Fault>}
        <Button submit kind="main" busy={busy}>
          {m.correct_send}
        </Button>
      </form>
    </Sheet>
  )
}

function Withdraw({ onClose, onDone }: DialogProps) {
  const m = more().data
  const { busy, fault, send } = useRequest('withdraw', onDone)
  return (
    <Sheet title={m.withdraw} onClose={onClose}>
      <p>{m.withdraw_what}</p>
      {fault && <Fault>{fault}</Fault>}
      <Button kind="danger" busy={busy} onClick={() => void send('', m.withdrawn)}>
        {m.withdraw_yes}
      </Button>
      <Button kind="ghost" onClick={onClose}>
        {w.cancel}
      </Button>
    </Sheet>
  )
}

function Erase({ onClose, onDone }: DialogProps) {
  const m = more().data
  const [word, setWord] = useState('')
  const { busy, fault, send } = useRequest('erase', onDone)
  const sure = word.trim().toUpperCase() === m.erase_word
  return (
    <Sheet title={m.erase} onClose={onClose}>
      <Note kind="bad" icon="alert">
        {m.erase_what}
      </Note>
      <p>{m.erase_stays}</p>
      <Field label={fill(m.erase_type, { word: m.erase_word })} value={word} onInput={setWord} error={fault} input={{ autocapitalize: 'characters', maxLength: 10 }} />
      <Button kind="danger" busy={busy} disabled={!sure} onClick={() => void send('', m.sent)}>
        {m.erase_yes}
      </Button>
      <Button kind="ghost" onClick={onClose}>
        {w.cancel}
      </Button>
    </Sheet>
  )
}

/** Export fetches everything and hands it to the phone's own saving or sharing. */
function Export({ onClose }: { onClose: () => void }) {
  const m = more().data
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const get = async () => {
    setBusy(true)
    setFault('')
    const answer = await phone.exported().catch(() => ({ code: 'other' }))
    setBusy(false)
    if (typeof answer === 'string') setText(answer)
    else setFault(problem(answer.code))
  }
  const file = () => new File([text], 'data-saya.json', { type: 'application/json' })
  const canShare = text !== '' && !!navigator.canShare?.({ files: [file()] })
  return (
    <Sheet title={m.export} onClose={onClose}>
      <p>{m.export_careful}</p>
      {fault && <Fault>{fault}</Fault>}
      {text && <p role="status">{m.export_ready}</p>}
      {text ? (
        <Button kind="main" icon={icons.down} onClick={() => save(file())}>
          {m.export_save}
        </Button>
      ) : (
        <Button kind="main" busy={busy} onClick={get}>
          {m.export}
        </Button>
      )}
      {canShare && (
        <Button kind="soft" icon="share" onClick={() => void navigator.share({ files: [file()] }).catch(() => undefined)}>
          {m.export_share}
        </Button>
      )}
    </Sheet>
  )
}

function save(file: File): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = file.name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
