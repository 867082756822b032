// The engine as the screens reach it.
import { useCallback, useEffect, useState } from 'preact/hooks'

import type { Engine, Held, Notice, Problem, State } from '../contract'

/** phone is the engine of this page; set once, before anything is drawn. */
export let phone: Engine

export function setPhone(engine: Engine): void {
  phone = engine
}

/** usePhone is the engine's state, drawn anew when it changes. */
export function usePhone(): State {
  const [, redraw] = useState(0)
  useEffect(() => phone.subscribe(() => redraw((n) => n + 1)), [])
  return phone.state()
}

/**
 * useHeld asks the engine for something that it keeps; undefined until it
 * came. It is asked again when something came anew, when a key or the language
 * differs, and when reload is called.
 */
export function useHeld<T>(ask: () => Promise<Held<T>>, keys: unknown[] = []): [held: Held<T> | undefined, reload: () => Promise<void>] {
  const [held, set] = useState<Held<T>>()
  const { held: came, settings } = usePhone()
  const load = useCallback(() => ask().then(set, () => undefined), keys)
  useEffect(() => void load(), [load, came, settings.lang])
  return [held, load]
}

/** failed tells a problem from what was asked for. */
export const failed = <T extends object>(answer: T | Problem): answer is Problem => 'code' in answer && Object.keys(answer).length === 1

/** attempt does something and returns its problem; whatever breaks is one too. */
export const attempt = (work: Promise<Problem | null>): Promise<Problem | null> => work.catch(() => ({ code: 'other' }))

export type { Notice }
