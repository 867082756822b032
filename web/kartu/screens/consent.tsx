// The privacy notice: read at any time, agreed to before there is a card.
import { useEffect, useState } from 'preact/hooks'

import { go } from '../../shared/ui/router'
import { Button, Note, Title } from '../../shared/ui/ui'
import type { Notice } from '../contract'
import { Fault, Spinner, Tick } from './parts'
import { attempt, failed, phone, usePhone } from './phone'
import { more } from './texts'
import { fill, problem, w } from './words'

/** useNotice fetches the notice in force; '' as a fault: none. */
export function useNotice(): { notice: Notice | null; fault: string; reload: () => void } {
  const [notice, setNotice] = useState<Notice | null>(null)
  const [fault, setFault] = useState('')
  const reload = () => {
    setFault('')
    phone.notice().then(
      (answer) => (failed(answer) ? setFault(problem(answer.code)) : setNotice(answer)),
      () => setFault(problem('other')),
    )
  }
  useEffect(reload, [])
  return { notice, fault, reload }
}

/** NoticeText is the whole notice, below a heading of the given level. */
export const NoticeText = ({ notice, below: Heading = 'h3' }: { notice: Notice; below?: 'h2' | 'h3' }) => (
  <div class="notice">
    {notice.sections.map((s) => (
      <section key={s.heading}>
        <Heading>{s.heading}</Heading>
        {s.body.split('\n').map((line) => line && <p key={line}>{line}</p>)}
      </section>
    ))}
    <p class="hint">{fill(more().consent.version, { version: notice.version })}</p>
  </div>
)

interface Props {
  notice: Notice | null
  fault: string
  agreed: boolean
  onAgree: (on: boolean) => void
  onReload: () => void
}

/** Consent is the notice in short, to open in full, and the tick. */
export function Consent({ notice, fault, agreed, onAgree, onReload }: Props) {
  const m = more().consent
  if (fault) {
    return (
      <Note kind="warn" icon="alert">
        <b>{m.failed}</b>
        <p role="alert">{fault}</p>
        <Button kind="soft" onClick={onReload}>
          {w.try_again}
        </Button>
      </Note>
    )
  }
  if (!notice) return <Spinner />
  return (
    <section class="group">
      <h2>{m.title}</h2>
      <p>{m.short}</p>
      <details>
        <summary>{m.read}</summary>
        <NoticeText notice={notice} />
      </details>
      <Tick on={agreed} onChange={onAgree}>
        {m.tick}
      </Tick>
    </section>
  )
}

/** NoticeScreen shows all of it, with the tick where a consent is missing. */
export function NoticeScreen() {
  const { phase, consentDue, card } = usePhone()
  const { notice, fault, reload } = useNotice()
  const [agreed, setAgreed] = useState(false)
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const [done, setDone] = useState(false)
  const m = more().consent
  const due = phase === 'ready' && (consentDue || card?.standing === 'restricted')

  const agree = async () => {
    if (!notice) return
    if (!agreed) return setSaid(m.need)
    setBusy(true)
    const refused = await attempt(phone.consent(notice))
    setBusy(false)
    setSaid(refused ? problem(refused.code) : '')
    if (!refused) setDone(true)
    else if (refused.code === 'consent_version') reload()
  }
  return (
    <main class="page">
      <Title back={phase === 'ready' ? 'akun' : ''}>{m.title}</Title>
      {fault && (
        <>
          <Fault>{fault}</Fault>
          <Button onClick={reload}>{w.try_again}</Button>
        </>
      )}
      {!notice && !fault && <Spinner />}
      {notice && <NoticeText notice={notice} below="h2" />}
      {notice && due && !done && (
        <div class="stack">
          <Tick on={agreed} onChange={setAgreed}>
            {m.tick}
          </Tick>
          {said && <Fault>{said}</Fault>}
          <Button kind="main" busy={busy} onClick={agree}>
            {m.agree}
          </Button>
        </div>
      )}
      {done && (
        <Note icon="check">
          <b role="status">{m.given}</b>
          <Button kind="soft" onClick={() => go('', true)}>
            {w.tabs.card}
          </Button>
        </Note>
      )}
    </main>
  )
}
