// How a phone becomes a till, and what is left of one that was ended.
import { useEffect, useState } from 'preact/hooks'

import { Field } from '../../shared/ui/forms'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import { icons } from './icons'
import { more } from './texts'
import { till, useTill } from './till'
import { Queue } from './today'
import { fill, problem, w } from './words'

const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M8.5 16.6l5 5L23.8 11" />
  </svg>
)

/** Join takes the owner's code, from the link or typed. */
export function Join({ code: given }: { code: string }) {
  const state = useTill()
  const m = more().join
  const [code, setCode] = useState(given)
  const [name, setName] = useState(m.name_default)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState('')
  const [wrongName, setWrongName] = useState('')
  useEffect(() => {
    if (given) setCode(given)
  }, [given])

  const send = async (event: Event) => {
    event.preventDefault()
    if (!code.trim()) return setError(m.need_code)
    if (!name.trim()) return setWrongName(w.problems.name_invalid)
    setBusy(true)
    setError('')
    setWrongName('')
    const fault = await till.join(code.trim(), name.trim()).catch(() => ({ code: 'other' }))
    setBusy(false)
    if (fault) setError(problem(fault.code))
    else go('', true)
  }

  if (state.phase !== 'new') return <Already name={state.till?.name ?? ''} />
  return (
    <main class="page">
      <Mark />
      <Title>{m.title}</Title>
      <p class="lead">{m.lead}</p>
      {state.problem && (
        <Note kind="warn" icon="alert">
          {problem(state.problem.code)}
        </Note>
      )}
      <form class="stack" onSubmit={send}>
        <Field
          label={m.code} value={code} onInput={setCode} error={error}
          input={{ class: 'code', maxLength: 100, autocapitalize: 'characters', enterkeyhint: 'next' }}
        />
        <Field label={m.name} hint={m.name_hint} value={name} onInput={setName} error={wrongName} input={{ maxLength: 60, enterkeyhint: 'go' }} />
        <Button submit kind="main" busy={busy}>
          {busy ? m.going : m.go}
        </Button>
      </form>
      <a class="btn ghost" href="#/pemilik">
        <span>{m.owner}</span>
      </a>
    </main>
  )
}

function Already({ name }: { name: string }) {
  const m = more().join
  return (
    <main class="page">
      <Title>{m.already}</Title>
      <p class="lead">{fill(m.already_do, { name })}</p>
      <Button kind="main" icon={icons.scan} onClick={() => go('', true)}>
        {m.to_scan}
      </Button>
      <Button kind="soft" icon={icons.gear} onClick={() => go('setelan', true)}>
        {m.to_settings}
      </Button>
    </main>
  )
}

/** Pending shows the number that the owner compares; the engine asks by itself meanwhile. */
export function Pending() {
  const state = useTill()
  const m = more().pending
  const digits = state.till?.fingerprint ?? ''
  const [busy, setBusy] = useState(false)
  const poll = async () => {
    setBusy(true)
    await till.poll().catch(() => undefined)
    setBusy(false)
  }
  const trouble = state.problem && state.problem.code !== 'till_pending' ? state.problem : null
  return (
    <main class="page pending">
      <Mark />
      <Title>{m.title}</Title>
      <p class="digits" role="img" aria-label={fill(m.digits, { digits: [...digits].join(' ') })}>
        <span>{digits.slice(0, 3)}</span> <span>{digits.slice(3)}</span>
      </p>
      <p class="lead">{m.where}</p>
      {trouble ? (
        <Note kind="warn" icon="alert">
          {problem(trouble.code)}
        </Note>
      ) : (
        <p class="waiting" role="status">
          <i class="spin" />
          {m.waiting}
        </p>
      )}
      <Button kind="main" busy={busy} onClick={poll}>
        {m.poll}
      </Button>
      <Button kind="ghost" onClick={() => void till.leave(true)}>
        {m.restart}
      </Button>
    </main>
  )
}

/** Revoked lets a till that was ended hand in what it still holds. */
export function Revoked() {
  const { unsent } = useTill()
  const m = more().revoked
  return (
    <main class="page">
      <span class="badge bad">
        <Icon name="lock" />
      </span>
      <Title>{m.title}</Title>
      <p class="lead">{m.lead}</p>
      {unsent > 0 ? <p>{fill(m.unsent, { n: unsent })}</p> : <Note icon="check">{m.done}</Note>}
      <Queue />
      <Button kind="soft" icon="list" onClick={() => go('hari-ini')}>
        {w.tabs.today}
      </Button>
      {unsent === 0 ? (
        <Button kind="ghost" onClick={() => void till.leave(false)}>
          {m.join}
        </Button>
      ) : (
        <Button kind="ghost" icon={icons.gear} onClick={() => go('setelan')}>
          {w.tabs.settings}
        </Button>
      )}
    </main>
  )
}
