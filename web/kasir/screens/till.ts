// The engine as the screens reach it.
import { useEffect, useRef, useState } from 'preact/hooks'

import type { Engine, State } from '../contract'

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

const scanned = 300 // ms after a letter in which keys belong to a scanner that types

/**
 * useKeys calls with every key that is pressed outside of a field or dialog. A
 * card that is scanned by a keyboard-type scanner where none is expected is
 * not for anybody: neither its digits nor its Enter.
 */
export function useKeys(pressed: (key: string) => void): void {
  const letter = useRef(-scanned)
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const { key, timeStamp } = event
      const on = event.target as HTMLElement
      if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return
      if (on.closest?.('input:not([type=radio]):not([type=checkbox]),dialog')) return
      if (timeStamp - letter.current < scanned || (key.length === 1 && !/[\d ]/.test(key))) {
        letter.current = timeStamp
        event.preventDefault()
      } else if (key !== 'Enter' || !on.closest?.('button,a')) pressed(key)
    }
    addEventListener('keydown', listen)
    return () => removeEventListener('keydown', listen)
  })
}
