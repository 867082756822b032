// Keeps the screen on while the card is shown.
import { useEffect } from 'preact/hooks'

/** useAwake holds the screen's lock and takes it again when the page is seen again. */
export function useAwake(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | undefined
    let gone = false
    const ask = async () => {
      if (document.hidden || gone) return
      try {
        lock = await navigator.wakeLock?.request('screen')
        if (gone) void lock?.release()
      } catch {
        // refused when the battery is low; the card shows all the same
      }
    }
    void ask()
    document.addEventListener('visibilitychange', ask)
    return () => {
      gone = true
      document.removeEventListener('visibilitychange', ask)
      void lock?.release().catch(() => undefined)
    }
  }, [])
}
