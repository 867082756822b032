// The parts that screens are made of.
import type { ComponentChildren, ComponentType } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

import { go } from './router'
import { c } from './words'

const paths = {
  check: 'M5 12.5l4.6 4.6L19 7.5',
  cross: 'M6.5 6.5l11 11m0-11l-11 11',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  list: 'M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01',
  up: 'M12 16V5m0 0L7 10m5-5l5 5M5 19.5h14',
  off: 'M4 4l16 16M5 11a10 10 0 0 1 4-2.4m5-.2A10 10 0 0 1 19 11M8.5 14.5a5 5 0 0 1 6 0M12 18.5h.01',
  share: 'M12 15V4m0 0L8 8m4-4l4 4M6 12v8h12v-8',
  undo: 'M8 5L4 9l4 4M4 9h10a5.5 5.5 0 0 1 0 11H9',
  id: 'M3 6h18v12H3zM6.5 15c.6-1.7 1.5-2.2 2.5-2.2s1.9.5 2.5 2.2M9 9.2a1.3 1.3 0 1 0 0 2.6 1.3 1.3 0 0 0 0-2.6zM14.5 10h3.5m-3.5 4h3.5',
  lock: 'M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3',
  phone: 'M8 3h8v18H8zM11 18h2',
  plus: 'M12 5v14M5 12h14',
  alert: 'M12 4L2.5 20h19zM12 10v4.5m0 2.7v.1',
} as const

/** A drawing that several apps use by its name, or the path of one's own. */
export type IconName = keyof typeof paths | `M${string}`

const drawing = (name: IconName): string => (name in paths ? paths[name as keyof typeof paths] : name)

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={drawing(name)} />
    </svg>
  )
}

/** Title is the screen's heading; it takes the focus so that readers begin there. */
export function Title({ children, back, quiet }: { children: ComponentChildren; back?: string; quiet?: boolean }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <div class={quiet ? 'title sr' : 'title'}>
      {back !== undefined && <Back to={back} />}
      <h1 ref={heading} tabIndex={-1}>
        {children}
      </h1>
    </div>
  )
}

export function Back({ to }: { to: string }) {
  return (
    <button type="button" class="round" aria-label={c.back} onClick={() => go(to, true)}>
      <Icon name="back" />
    </button>
  )
}

interface ButtonProps {
  children: ComponentChildren
  onClick?: () => void
  icon?: IconName
  kind?: string
  busy?: boolean
  disabled?: boolean
  submit?: boolean
}

export function Button({ children, onClick, icon, kind = '', busy = false, disabled = false, submit = false }: ButtonProps) {
  return (
    <button type={submit ? 'submit' : 'button'} class={'btn ' + kind} disabled={busy || disabled} aria-busy={busy} {...(onClick && { onClick })}>
      {busy ? <i class="spin" /> : icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  )
}

export const Note = ({ children, kind = '', icon }: { children: ComponentChildren; kind?: string; icon?: IconName }) => (
  <div class={'note ' + kind}>
    {icon && <Icon name={icon} />}
    <div>{children}</div>
  </div>
)

/** later makes a screen that is loaded when it is first shown. */
export function later<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let Loaded: ComponentType<P> | undefined
  return function Later(props: P) {
    const [failed, fail] = useState(false)
    const [tries, redraw] = useState(0)
    useEffect(() => {
      if (Loaded) return
      load().then(
        (component) => {
          Loaded = component
          redraw((n) => n + 1)
        },
        () => fail(true),
      )
    }, [failed])
    if (Loaded) return <Loaded {...props} />
    return (
      <main class="page middle" key={tries}>
        {failed ? <p role="alert">{c.failed_load}</p> : <i class="spin big" role="status" aria-label={c.loading} />}
        {failed && <Button onClick={() => fail(false)}>{c.try_again}</Button>}
      </main>
    )
  }
}
