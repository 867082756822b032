import { useState } from 'preact/hooks'

import { Field } from '../../../shared/ui/forms'
import { Button, Title } from '../../../shared/ui/ui'
import { Refused, requests, sentence, words, type Account } from './requests'

/** SignIn asks for the second factor only when the account has one. */
export function SignIn({ onIn }: { onIn: (account: Account) => void }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [totp, setTotp] = useState('')
  const [second, setSecond] = useState(false)
  const [shown, setShown] = useState(false)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const m = words()

  const send = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    setFault('')
    try {
      onIn(await requests.signIn(email.trim(), password, totp))
    } catch (no) {
      if (no instanceof Refused && no.code === 'totp_required') setSecond(true)
      setFault(sentence(no))
      setBusy(false)
    }
  }
  return (
    <main class="page">
      <Title>{m.sign_in}</Title>
      <p class="lead">{m.lead}</p>
      <form class="stack" onSubmit={send}>
        <Field label={m.email} value={email} onInput={setEmail} input={{ type: 'email', autocomplete: 'username', required: true }} />
        <div class="beside">
          <Field
            label={m.password} value={password} onInput={setPassword}
            input={{ ...(shown ? { type: 'text' } : { type: 'password' }), autocomplete: 'current-password', required: true }}
          />
          <button type="button" class="link" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? m.hide : m.show}
          </button>
        </div>
        {second && (
          <Field
            label={m.totp} value={totp} onInput={setTotp}
            input={{ class: 'code', inputMode: 'numeric', autocomplete: 'one-time-code', maxLength: 6, required: true, autofocus: true }}
          />
        )}
        {fault && (
          <p class="hint bad" role="alert">
            {fault}
          </p>
        )}
        <Button submit kind="main" busy={busy}>
          {busy ? m.signing_in : m.sign_in}
        </Button>
      </form>
      <a class="btn ghost" href="#/">
        <span>{m.to_till}</span>
      </a>
    </main>
  )
}
