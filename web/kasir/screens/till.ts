// The engine as the screens reach it.
import { useEffect, useState } from 'preact/hooks'

import type { Engine, State } from '../contract'
import { now } from './format'

/** till is the engine of this page; set once, before anything is drawn. */
export let till: Engine

export function setTill(engine: Engine): void {
  till = engine
}

/** useTill is the engine's state, drawn anew when it changes. */
export function useTill(): State {
  const [, redraw] = useState(0)
  useEffect(() => till.subscribe(() => redraw((n) => n + 1)), [])
  return till.state()
}

/** useNow is the present, drawn anew every so many seconds. */
export function useNow(seconds: number): number {
  const [at, set] = useState(now)
  useEffect(() => {
    const timer = setInterval(() => set(now()), seconds * 1000)
    return () => clearInterval(timer)
  }, [seconds])
  return at
}

/** useKeys calls with every key that is pressed outside of a field or dialog. */
export function useKeys(pressed: (key: string, event: KeyboardEvent) => void): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const on = event.target as HTMLElement
      const taken = event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || on.closest?.('input:not([type=radio]):not([type=checkbox]),dialog')
      if (taken || (event.key === 'Enter' && on.closest?.('button,a'))) return
      pressed(event.key, event)
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  })
}
