// The service worker of an app: registered here, and a new version of the app
// waits until somebody says so, never in the middle of something.
import { useEffect, useState } from 'preact/hooks'

let waiting: ServiceWorker | null = null
const listeners = new Set<() => void>()

function ready(worker: ServiceWorker | null): void {
  if (!worker || !navigator.serviceWorker.controller) return
  waiting = worker
  for (const listener of listeners) listener()
}

/** register begins the worker of the app that is served under /name/. */
export async function register(app: string): Promise<void> {
  const workers = navigator.serviceWorker
  if (!workers || !import.meta.env.PROD) return
  try {
    const known = await workers.register(`/${app}/sw.js`, { scope: `/${app}/` })
    ready(known.waiting)
    known.addEventListener('updatefound', () => {
      const next = known.installing
      next?.addEventListener('statechange', () => next.state === 'installed' && ready(next))
    })
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) known.update().catch(() => undefined)
    })
  } catch {
    // without a worker the app still runs while there is a network
  }
}

/** update lets the new version take over and begins again with it. */
export function update(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload())
  waiting?.postMessage({ type: 'update' })
}

export function useUpdate(): boolean {
  const [, redraw] = useState(0)
  useEffect(() => {
    const changed = () => redraw((n) => n + 1)
    listeners.add(changed)
    return () => void listeners.delete(changed)
  }, [])
  return waiting !== null
}
