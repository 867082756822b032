// The address after # says which screen; the way back button of a phone works
// because every screen of the flow is an entry of the history.
import { useEffect, useState } from 'preact/hooks'

export const path = (): string => location.hash.replace(/^#\/?/, '')

/** go shows a screen; with replace the one before cannot be gone back to. */
export function go(to: string, replace = false): void {
  if (replace) location.replace('#/' + to)
  else location.hash = '/' + to
}

export function usePath(): string {
  const [at, set] = useState(path)
  useEffect(() => {
    const moved = () => set(path())
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return at
}
