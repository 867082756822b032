// The till without its screens. The real parts follow in this file; the
// signature is what main.tsx builds on.
import type { Engine } from './contract'

/** What the engine takes from its surroundings; tests bring their own. */
export interface EngineDeps {
  indexedDB?: IDBFactory
  fetch?: typeof fetch
}

/** createEngine makes the till's engine; nothing happens before start(). */
export function createEngine(_deps: EngineDeps = {}): Engine {
  throw new Error('not built yet')
}
