// The participant's phone without its screens.
import type { Engine } from './contract'

export function createEngine(): Engine {
  throw new Error('not yet')
}
