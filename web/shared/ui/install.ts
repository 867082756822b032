// Whether the app can be put on the home screen, and how.
import { useEffect, useState } from 'preact/hooks'

interface InstallPrompt extends Event {
  prompt(): Promise<void>
}

let offered: InstallPrompt | null = null
const listeners = new Set<() => void>()

/** watchInstall keeps the browser's offer for later. */
export function watchInstall(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault()
    offered = event as InstallPrompt
    for (const listener of listeners) listener()
  })
}

export function install(): void {
  void offered?.prompt()
}

/** useInstall tells: installed already, the browser can be asked, or show where it is done by hand. */
export function useInstall(): 'done' | 'ask' | 'hint' {
  const [, redraw] = useState(0)
  useEffect(() => {
    const changed = () => redraw((n) => n + 1)
    listeners.add(changed)
    return () => void listeners.delete(changed)
  }, [])
  if (matchMedia('(display-mode: standalone)').matches) return 'done'
  return offered ? 'ask' : 'hint'
}
