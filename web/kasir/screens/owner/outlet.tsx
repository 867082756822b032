// One outlet: phones that wait for the owner's word, phones that work, cashiers.
import { useEffect, useRef, useState } from 'preact/hooks'

import { dayOf } from '../../../shared/ui/format'
import { Sheet } from '../../../shared/ui/forms'
import { Button, Icon, Title } from '../../../shared/ui/ui'
import { fill, w } from '../words'
import { Cashiers } from './cashiers'
import { Enrol } from './enrol'
import { Refused, requests, sentence, words, type Outlet, type Till } from './requests'

const every = 4_000 // ms between looks at the list while a phone may join

interface Props {
  outlet: Outlet
  onBack?: () => void
  onLost: () => void
}

export function OutletPage({ outlet, onBack, onLost }: Props) {
  const [tills, setTills] = useState<Till[] | null>(null)
  const [adding, setAdding] = useState(false)
  const [fault, setFault] = useState('')
  const m = words()

  const failed = (no: unknown) => {
    if (no instanceof Refused && no.status === 401) onLost()
    else setFault(sentence(no))
  }
  const load = () =>
    requests.tills(outlet.id).then((list) => {
      setTills(list)
      setFault('')
    }, failed)
  const doing = async (step: Promise<unknown>) => {
    let said = ''
    await step.catch((no: unknown) => {
      failed(no)
      said = sentence(no)
    })
    await load()
    if (said) setFault(said)
  }

  const pending = tills?.filter((t) => t.state === 'pending') ?? []
  const active = tills?.filter((t) => t.state === 'active') ?? []
  const former = tills?.filter((t) => t.state === 'revoked') ?? []
  const waiting = adding || pending.length > 0
  const latest = useRef(load)
  latest.current = load
  useEffect(() => {
    void latest.current()
  }, [])
  useEffect(() => {
    if (!waiting) return
    const timer = setInterval(() => !document.hidden && void latest.current(), every)
    return () => clearInterval(timer)
  }, [waiting])
  useEffect(() => {
    if (pending.length) setAdding(false) // the phone is here: nothing more to scan
  }, [pending.length])

  return (
    <main class="page">
      <div class="title">
        {onBack && (
          <button type="button" class="round" aria-label={m.other_outlet} onClick={onBack}>
            <Icon name="back" />
          </button>
        )}
        <Title>{outlet.name}</Title>
      </div>
      <p class="hint">{outlet.address}</p>
      {fault && (
        <p class="note bad" role="alert">
          {fault}
        </p>
      )}
      {pending.map((t) => (
        <Waiting key={t.id} till={t} doing={doing} />
      ))}
      <section class="group">
        <h2>{m.tills}</h2>
        {!tills && <i class="spin" role="status" aria-label={w.loading} />}
        {tills && active.length === 0 && <p class="hint">{m.no_tills}</p>}
        <ul class="rows">
          {active.map((t) => (
            <Active key={t.id} till={t} doing={doing} />
          ))}
        </ul>
        {outlet.state === 'active' && (
          <Button kind={active.length ? 'soft' : 'main'} icon="plus" onClick={() => setAdding(true)}>
            {m.add_till}
          </Button>
        )}
        {former.length > 0 && (
          <details>
            <summary>{fill(m.old_tills, { n: former.length })}</summary>
            <ul class="rows">
              {former.map((t) => (
                <li key={t.id} class="row dim">
                  <span class="grow">
                    <b>{t.name}</b>
                    <small>{t.confirmed_at ? m.revoked : m.refused}</small>
                  </span>
                  <span class="code">{t.fingerprint}</span>
                </li>
              ))}
            </ul>
          </details>
        )}
      </section>
      <Cashiers outlet={outlet} onLost={onLost} />
      {adding && <Enrol outlet={outlet} onClose={() => setAdding(false)} />}
    </main>
  )
}

interface TillProps {
  till: Till
  doing: (step: Promise<unknown>) => Promise<void>
}

function Waiting({ till, doing }: TillProps) {
  const [busy, setBusy] = useState(false)
  const m = words()
  const act = async (step: Promise<unknown>) => {
    setBusy(true)
    await doing(step)
    setBusy(false)
  }
  return (
    <section class="group waits" aria-live="polite">
      <h2>
        <Icon name="phone" /> {till.name}
      </h2>
      <p>{m.compare}</p>
      <p class="digits">
        <span>{till.fingerprint.slice(0, 3)}</span> <span>{till.fingerprint.slice(3)}</span>
      </p>
      <Button kind="main" icon="check" busy={busy} onClick={() => void act(requests.confirm(till.id))}>
        {m.matches}
      </Button>
      <Button kind="ghost bad" icon="cross" disabled={busy} onClick={() => void act(requests.revoke(till.id))}>
        {m.differs}
      </Button>
    </section>
  )
}

function Active({ till, doing }: TillProps) {
  const [sure, setSure] = useState(false)
  const m = words()
  return (
    <li class="row wrap">
      <span class="face" aria-hidden="true">
        <Icon name="phone" />
      </span>
      <span class="grow">
        <b>{till.name}</b>
        <small>{fill(m.active, { day: dayOf(Date.parse(till.confirmed_at ?? till.created_at) / 1000) })}</small>
        <small class="code">{till.fingerprint}</small>
      </span>
      <button type="button" class="link bad" onClick={() => setSure(true)}>
        {m.revoke}
      </button>
      {sure && (
        <Sheet title={m.revoke} onClose={() => setSure(false)}>
          <div class="stack">
            <p class="lead">{fill(m.revoke_sure, { name: till.name })}</p>
            <Button
              kind="danger"
              onClick={() => {
                setSure(false)
                void doing(requests.revoke(till.id))
              }}
            >
              {m.revoke}
            </Button>
            <Button kind="ghost" onClick={() => setSure(false)}>
              {w.cancel}
            </Button>
          </div>
        </Sheet>
      )}
    </li>
  )
}
