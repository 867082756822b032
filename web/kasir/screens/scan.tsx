// The scanner: camera, keyboard-type scanners and typed short codes. A text
// that is no card of ours is a short notice, and scanning goes on.
import { useEffect, useRef, useState } from 'preact/hooks'

import { readShortCode } from '../../shared/shortcode'
import { Field, Sheet } from '../../shared/ui/forms'
import { Button, Icon, Title } from '../../shared/ui/ui'
import type { Verdict } from '../contract'
import { listenKeyboardScanner, ScannerError, startScanner, type Scanner } from '../scan'
import { signal } from './feedback'
import { icons } from './icons'
import { till } from './till'
import { because, w } from './words'

type Camera = 'starting' | 'on' | 'denied' | 'none' | 'busy' | 'insecure' | 'unloaded'

const notice = 2_500 // ms

/** useJudge asks the engine, one text at a time. */
function useJudge(onVerdict: (verdict: Verdict) => void) {
  const [checking, setChecking] = useState(false)
  const [foreign, setForeign] = useState(0)
  const busy = useRef(false)
  const judge = async (text: string): Promise<void> => {
    if (busy.current) return
    busy.current = true
    setChecking(true)
    setForeign(0)
    const verdict = await till.scan(text).finally(() => {
      busy.current = false
      setChecking(false)
    })
    if (verdict.reason !== 'not_our_card') return onVerdict(verdict)
    signal('foreign', till.state().settings)
    setForeign(Date.now())
  }
  useEffect(() => {
    if (!foreign) return
    const timer = setTimeout(() => setForeign(0), notice)
    return () => clearTimeout(timer)
  }, [foreign])
  return { judge, checking, foreign: foreign > 0 }
}

/** useCamera runs the camera; it goes on behind a verdict, so that the next scan starts at once. */
function useCamera(active: boolean, onText: (text: string) => Promise<void>) {
  const video = useRef<HTMLVideoElement>(null)
  const scanner = useRef<Scanner | null>(null)
  const latest = useRef(onText)
  latest.current = onText
  const [camera, setCamera] = useState<Camera>('starting')
  const [torch, setTorch] = useState<boolean | null>(null) // null: the camera has none
  const [attempt, setAttempt] = useState(0)

  useEffect(() => {
    if (!video.current) return
    let over = false
    setCamera('starting')
    const wanted = till.state().settings.torch
    startScanner(video.current, (text) => latest.current(text), { torch: wanted }).then(
      (started) => {
        if (over) return started.stop()
        scanner.current = started
        setCamera('on')
        setTorch(started.hasTorch ? wanted : null)
      },
      (fault: unknown) => !over && setCamera(fault instanceof ScannerError ? fault.code : 'unloaded'),
    )
    return () => {
      over = true
      scanner.current?.stop()
      scanner.current = null
    }
  }, [attempt])

  useEffect(() => {
    if (active) scanner.current?.resume()
    else scanner.current?.pause()
  }, [active, camera])

  const light = async () => setTorch((await scanner.current?.setTorch(!torch)) ?? null)
  return { video, camera, torch, light, retry: () => setAttempt((n) => n + 1) }
}

export function Scan({ active, onVerdict }: { active: boolean; onVerdict: (verdict: Verdict) => void }) {
  const [typing, setTyping] = useState(false)
  const shown = (verdict: Verdict) => {
    setTyping(false)
    onVerdict(verdict)
  }
  const { judge, checking, foreign } = useJudge(shown)
  const { video, camera, torch, light, retry } = useCamera(active && !typing, judge)

  const asked = useRef(judge)
  asked.current = judge
  useEffect(() => listenKeyboardScanner((text) => void asked.current(text)), [])

  const works = camera === 'on' || camera === 'starting'
  return (
    <main class={works ? 'scan' : 'page'} hidden={!active}>
      <Title key={String(active)} quiet={works}>{works ? w.scan.title : w.scan[camera]}</Title>
      <video ref={video} hidden={!works} muted playsInline aria-hidden="true" />
      {works && <Finder text={checking ? w.scan.checking : camera === 'starting' ? w.scan.starting : w.scan.hint} busy={checking} />}
      {!works && <NoCamera camera={camera} retry={retry} judge={judge} checking={checking} />}
      <div class="toast" role="status">
        {foreign && !typing && (
          <p>
            <Icon name="cross" />
            {w.foreign}
          </p>
        )}
      </div>
      {works && (
        <div class="tools">
          {torch !== null && (
            <button type="button" class="tool" aria-pressed={torch} onClick={light}>
              <Icon name={icons.torch} />
              {w.scan.torch}
            </button>
          )}
          <button type="button" class="tool" onClick={() => setTyping(true)}>
            <Icon name={icons.keys} />
            {w.scan.type}
          </button>
        </div>
      )}
      {typing && (
        <Sheet title={w.scan.type} onClose={() => setTyping(false)}>
          <TypeCode judge={judge} checking={checking} foreign={foreign} focus />
        </Sheet>
      )}
    </main>
  )
}

const Finder = ({ text, busy }: { text: string; busy: boolean }) => (
  <div class={busy ? 'finder busy' : 'finder'}>
    <svg viewBox="0 0 100 100" aria-hidden="true">
      <path d="M3 22V11a8 8 0 0 1 8-8h11M78 3h11a8 8 0 0 1 8 8v11M97 78v11a8 8 0 0 1-8 8H78M22 97H11a8 8 0 0 1-8-8V78" />
    </svg>
    <p role="status">{text}</p>
  </div>
)

interface Asking {
  judge: (text: string) => Promise<void>
  checking: boolean
  foreign?: boolean // in the sheet, which hides the notice
}

function NoCamera({ camera, retry, ...asking }: Asking & { camera: Exclude<Camera, 'on' | 'starting'>; retry: () => void }) {
  return (
    <>
      <p class="lead">{w.scan[`${camera}_do`]}</p>
      <TypeCode {...asking} />
      {camera !== 'insecure' && (
        <Button icon={icons.camera} kind="soft" onClick={retry}>
          {w.scan.retry}
        </Button>
      )}
    </>
  )
}

function TypeCode({ judge, checking, foreign, focus = false }: Asking & { focus?: boolean }) {
  const [code, setCode] = useState('')
  const [error, setError] = useState('')
  const field = useRef<HTMLFormElement>(null)
  useEffect(() => {
    if (focus) field.current?.querySelector('input')?.focus()
  }, [])
  const send = (event: Event) => {
    event.preventDefault()
    const read = readShortCode(code)
    if (read?.good) void judge(read.code)
    else setError(read ? w.scan.type_wrong : w.scan.type_short)
  }
  return (
    <form ref={field} class="stack" onSubmit={send}>
      <Field
        label={w.scan.type_title}
        hint={w.scan.type_hint}
        error={error || (foreign ? because('not_our_card').join(' ') : '')}
        value={code}
        onInput={(text) => {
          setError('')
          setCode(text.toUpperCase())
        }}
        input={{ class: 'code', maxLength: 12, autocapitalize: 'characters', enterkeyhint: 'go' }}
      />
      <Button submit busy={checking} kind="main">
        {checking ? w.scan.checking : w.scan.type_check}
      </Button>
    </form>
  )
}
