// Who is on duty, and the PIN.
import { useEffect, useState } from 'preact/hooks'

import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import type { Cashier } from '../contract'
import { signal } from './feedback'
import { Pad } from './pad'
import { till, useKeys, useTill } from './till'
import { fill, problem, w } from './words'

const length = 6

export function Pin() {
  const { cashiers } = useTill()
  const [id, setId] = useState(() => (cashiers.length === 1 ? (cashiers[0]?.id ?? '') : ''))
  const cashier = cashiers.find((c) => c.id === id)
  if (cashier) return <Enter key={id} cashier={cashier} {...(cashiers.length > 1 && { onBack: () => setId('') })} />
  return (
    <main class="page">
      <Title>{w.pin.who}</Title>
      <ul class="rows">
        {cashiers.map((c) => (
          <li key={c.id}>
            <button type="button" class="row" onClick={() => setId(c.id)}>
              <span class="face" aria-hidden="true">
                {c.name.slice(0, 1).toUpperCase()}
              </span>
              <b>{c.name}</b>
              {c.locked ? <span class="chip bad">{w.pin.locked}</span> : <Icon name="next" />}
            </button>
          </li>
        ))}
      </ul>
    </main>
  )
}

function Enter({ cashier, onBack }: { cashier: Cashier; onBack?: () => void }) {
  const [pin, setPin] = useState('')
  const [error, setError] = useState('')
  const [wrong, setWrong] = useState(0)
  useKeys((key) => {
    if (key === 'Escape') onBack?.()
  })
  useEffect(() => {
    if (pin.length < length) return
    let over = false
    void till.signIn(cashier.id, pin).then((fault) => {
      if (over || !fault) return
      const left = till.state().cashiers.find((c) => c.id === cashier.id)?.attemptsLeft ?? 0
      setError(fault.code === 'pin_wrong' && left > 0 ? fill(w.pin.left, { n: left }) : problem(fault.code))
      setWrong((n) => n + 1)
      setPin('')
      signal('foreign', till.state().settings)
    })
    return () => {
      over = true
    }
  }, [pin])

  const press = (key: string) => {
    setPin((p) => (key === 'erase' ? p.slice(0, -1) : p.length < length ? p + key : p))
    if (key !== 'erase') setError('')
  }
  return (
    <main class="pin">
      <div class="top">
        <Title>{fill(w.pin.hello, { name: cashier.name })}</Title>
        {cashier.locked ? (
          <Note kind="bad" icon="lock">
            {w.pin.locked_do}
          </Note>
        ) : (
          <>
            <p class="lead">{w.pin.enter}</p>
            <div key={wrong} class={wrong && !pin ? 'dots shake' : 'dots'} role="img" aria-label={fill(w.pin.typed, { n: pin.length })}>
              {[...'······'].map((_, i) => (
                <i key={i} class={i < pin.length ? 'on' : ''} />
              ))}
            </div>
            <p class="hint bad" role="alert">
              {error}
            </p>
          </>
        )}
      </div>
      <div class="bottom">
        {!cashier.locked && <Pad extra="" onKey={press} />}
        {onBack && (
          <Button kind="ghost" onClick={onBack}>
            {w.pin.other}
          </Button>
        )}
      </div>
    </main>
  )
}
