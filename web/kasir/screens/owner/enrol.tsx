// A code with which one phone joins: to scan, or to type.
import { useEffect, useState } from 'preact/hooks'

import { countdown, now } from '../../../shared/ui/format'
import { Sheet } from '../../../shared/ui/forms'
import { useNow } from '../../../shared/ui/now'
import Qr from '../../../shared/ui/qr'
import { Button, Note } from '../../../shared/ui/ui'
import {  } from '../till'
import { fill, w } from '../words'
import { requests, sentence, words, type Enrolment, type Outlet } from './requests'

const life = 600 // seconds; by the owner's own clock, whatever it says

export function Enrol({ outlet, onClose }: { outlet: Outlet; onClose: () => void }) {
  const [code, setCode] = useState<(Enrolment & { until: number }) | null>(null)
  const [fault, setFault] = useState('')
  const [copied, setCopied] = useState(false)
  const left = (code?.until ?? 0) - useNow(1)
  const m = words()
  const make = () => {
    setFault('')
    setCode(null)
    requests.enrol(outlet.id).then(
      (e) => setCode({ ...e, until: now() + life }),
      (no: unknown) => setFault(sentence(no)),
    )
  }
  useEffect(make, [])
  const copy = () => navigator.clipboard.writeText(code?.link ?? '').then(() => setCopied(true), () => undefined)

  return (
    <Sheet title={m.enrol_title} onClose={onClose}>
      {!code && !fault && <i class="spin big" role="status" aria-label={w.loading} />}
      {fault && <Note kind="bad">{fault}</Note>}
      {code && left > 0 && (
        <div class="stack center">
          <p class="lead">{m.enrol_1}</p>
          <Qr text={code.link} label={m.enrol_title} />
          <p class="hint">{fill(m.enrol_or, { url: code.link.split('#')[0] ?? '' })}</p>
          <p class="typed">{code.code.replace(/(.{4})(?=.)/g, '$1 ')}</p>
          <p role="timer">{fill(m.enrol_left, { time: countdown(left) })}</p>
          <Button kind="soft" icon="share" onClick={() => void copy()}>
            {copied ? m.copied : m.enrol_copy}
          </Button>
          <p class="waiting">
            <i class="spin" />
            {m.enrol_wait}
          </p>
        </div>
      )}
      {(fault || (code && left <= 0)) && (
        <div class="stack">
          {code && <p>{m.enrol_over}</p>}
          <Button kind="main" onClick={make}>
            {m.enrol_new}
          </Button>
        </div>
      )}
    </Sheet>
  )
}
