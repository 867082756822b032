// The present, for what counts on screen.
import { useEffect, useState } from 'preact/hooks'

import { now } from './format'

/** useNow is the present, drawn anew every so many seconds. */
export function useNow(seconds: number): number {
  const [at, set] = useState(now)
  useEffect(() => {
    const timer = setInterval(() => set(now()), seconds * 1000)
    return () => clearInterval(timer)
  }, [seconds])
  return at
}
