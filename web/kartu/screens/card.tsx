// The card: as large a code as the screen has room for, who it is of, and
// whether promos can be used today.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks'

import { age, day } from '../../shared/ui/format'
import { useNow } from '../../shared/ui/now'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import type { Card, Code } from '../contract'
import { useAwake } from './awake'
import { icons } from './icons'
import { phone, usePhone } from './phone'
import { Band, usable } from './standing'
import { QrCode } from './symbol'
import { fill, w } from './words'

/** spaced writes a short code in two halves. */
export const spaced = (code: string): string => code.replace(/[^0-9A-Z]/gi, '').replace(/^(.{4})(?=.)/, '$1 ')

export function CardScreen() {
  const { card } = usePhone()
  const [full, setFull] = useState(false)
  const { code, left } = useCode()
  useAwake()
  const close = useCallback(() => setFull(false), [])
  if (!card) return null
  return (
    <main class="wallet">
      <Title quiet>{w.card.title}</Title>
      <div class="about">
        {!usable(card.standing) && <Band card={card} />}
        <ClockNote />
      </div>
      <Face card={card} code={code} left={left} onFull={() => setFull(true)} />
      <div class="below">
        {usable(card.standing) && <Band card={card} />}
        <Checked card={card} />
        <Renewal card={card} />
        <Button kind="main" icon={icons.tag} onClick={() => go('promo')}>
          {w.card.promos}
        </Button>
      </div>
      {full && code && <Full card={card} code={code} left={left} onClose={close} />}
    </main>
  )
}

function Face({ card, code, left, onFull }: { card: Card; code: Code | null | undefined; left: number; onFull: () => void }) {
  const box = useRef<HTMLElement>(null)
  const room = useRoom(box)
  return (
    <article ref={box} class={usable(card.standing) ? 'face-card' : 'face-card lapsed'}>
      <header>
        <svg class="glyph" viewBox="0 0 32 32" aria-hidden="true">
          <path d="M5 9.5A2.5 2.5 0 0 1 7.5 7h17A2.5 2.5 0 0 1 27 9.5v13a2.5 2.5 0 0 1-2.5 2.5h-17A2.5 2.5 0 0 1 5 22.5zM5 12.8h22M9.5 18.6l2.6 2.6 5-5.2" />
        </svg>
        <p>
          <b>{w.app}</b>
          <small>{w.sub}</small>
        </p>
        {card.standing === 'active' && (
          <span class="pill">
            <Icon name="check" />
            {w.standing.active.name}
          </span>
        )}
      </header>
      <button type="button" class="panel" aria-label={w.card.bigger} disabled={!code} onClick={onFull}>
        {code ? (
          <QrCode text={code.text} label={w.card.qr} width={room.width} height={room.height} />
        ) : (
          <span class="none">{code === null ? w.card.no_code : <i class="spin big" role="status" aria-label={w.card.making} />}</span>
        )}
      </button>
      {code && (
        <p class="tips">
          <span>
            <Icon name={icons.sun} />
            {w.card.bright}
          </span>
          <Countdown left={left} />
        </p>
      )}
      <footer>
        <b class="who">{card.name}</b>
        <dl>
          <div>
            <dt>{w.card.short}</dt>
            <dd class="short">{spaced(card.shortCode)}</dd>
          </div>
          <div>
            <dd class="until">{fill(w.card.until, { day: day(card.expiresOn) })}</dd>
          </div>
        </dl>
      </footer>
    </article>
  )
}

const turn = 2 * Math.PI * 9 // length of the ring

/** Countdown is how long the code is fresh; it steps once a second, so nothing moves in between. */
function Countdown({ left }: { left: number }) {
  return (
    <span class="count-down" role="img" aria-label={fill(w.card.next, { n: left })}>
      <svg viewBox="0 0 24 24" aria-hidden="true">
        <circle cx="12" cy="12" r="9" />
        <circle class="left" cx="12" cy="12" r="9" stroke-dasharray={turn} stroke-dashoffset={turn * (1 - left / 30)} />
      </svg>
      {left}
    </span>
  )
}

/** Full is the code alone on white. */
function Full({ card, code, left, onClose }: { card: Card; code: Code; left: number; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const [size, setSize] = useState([innerWidth, innerHeight])
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null
    const resized = () => setSize([innerWidth, innerHeight])
    dialog.current?.showModal()
    addEventListener('resize', resized)
    return () => {
      removeEventListener('resize', resized)
      from?.focus()
    }
  }, [])
  return (
    <dialog ref={dialog} class="full" aria-label={w.card.title} onClose={onClose}>
      <button type="button" onClick={onClose}>
        <QrCode text={code.text} label={w.card.qr} width={size[0]!} height={size[1]! - (sideways() ? 0 : 130)} />
        <b class="who">{card.name}</b>
        <span class="short">{spaced(card.shortCode)}</span>
        <span class="tap">
          {w.card.tap_back} · {left}
        </span>
      </button>
    </dialog>
  )
}

/** Checked says when the server last saw the card, and that it works without one too. */
function Checked({ card }: { card: Card }) {
  const { online, clock } = usePhone()
  const at = useNow(30) - clock.by
  const text = card.checkedAt ? fill(w.card.checked, { age: age(card.checkedAt, at) }) : w.card.never_checked
  return (
    <p class={online ? 'checked' : 'checked off'} role="status">
      {online ? <i class="dot" /> : <Icon name="off" />}
      <span>
        {!online && <b>{usable(card.standing) ? w.banner.offline : w.banner.offline_other} </b>}
        {text}
      </span>
    </p>
  )
}

function Renewal({ card }: { card: Card }) {
  const { renewal } = usePhone()
  if (renewal !== 'late' || card.standing === 'expired') return null
  return (
    <Note kind="warn" icon="alert">
      {fill(w.renewal.late, { day: day(card.expiresOn) })}
    </Note>
  )
}

function ClockNote() {
  const { clock } = usePhone()
  if (clock.state === 'good') return null
  const minutes = Math.max(1, Math.round(Math.abs(clock.by) / 60))
  const what = clock.state === 'set_back' ? w.clock.back : fill(clock.by > 0 ? w.clock.ahead : w.clock.behind, { n: minutes })
  return (
    <Note kind="warn" icon={icons.clock}>
      <p>
        <b>{what}</b> {w.clock.fix}
      </p>
    </Note>
  )
}

/** lasts is for how many seconds a code is still fresh; where the clocks disagree, for as long as codes are. */
function lasts(code: Code): number {
  const rest = code.freshUntil - Date.now() / 1000 + phone.state().clock.by
  const whole = code.freshUntil - code.madeAt
  return rest > 0 && rest <= whole ? rest : whole
}

/** useCode keeps a fresh code while the page is seen; left counts its seconds. */
function useCode(): { code: Code | null | undefined; left: number } {
  const { card, clock } = usePhone()
  const [code, setCode] = useState<Code | null>()
  const [left, setLeft] = useState(30)
  // What was made by a clock that the server has corrected since is worth nothing.
  const key = card ? `${card.id} ${card.standing} ${card.expiresOn} ${Math.round(clock.by / 10)}` : ''
  useEffect(() => {
    let gone = false
    let asking = false
    let until = 0
    const make = async () => {
      asking = true
      const next = await phone.code().catch(() => null)
      asking = false
      if (gone) return
      until = performance.now() + (next ? lasts(next) : 5) * 1000
      setCode(next)
      tick()
    }
    const tick = () => {
      if (document.hidden || asking) return
      const rest = Math.ceil((until - performance.now()) / 1000)
      if (rest <= 0) void make()
      else setLeft(rest)
    }
    tick()
    const timer = setInterval(tick, 1000)
    document.addEventListener('visibilitychange', tick)
    return () => {
      gone = true
      clearInterval(timer)
      document.removeEventListener('visibilitychange', tick)
    }
  }, [key])
  return { code, left }
}

const around = 200 // px that name, brand and tips take beside the code

const sideways = (): boolean => innerWidth > innerHeight && innerHeight < 600

/** useRoom is what the code may take: the width of the card, and no more height than leaves room for the name. */
function useRoom(box: { current: HTMLElement | null }): { width: number; height: number } {
  const [room, set] = useState({ width: 0, height: 0 })
  useEffect(() => {
    const face = box.current!
    const screen = face.parentElement!
    const measure = () => {
      const height = sideways() ? screen.clientHeight - 12 : Math.max(276, screen.clientHeight - around)
      set({ width: sideways() ? face.clientWidth * 0.6 : face.clientWidth, height })
    }
    const watch = new ResizeObserver(measure)
    watch.observe(screen)
    watch.observe(face)
    return () => watch.disconnect()
  }, [])
  return room
}
