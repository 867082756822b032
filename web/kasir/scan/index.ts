// What brings texts to the till without typing: the camera, and scanners that
// behave like a keyboard. The camera's part is loaded when it is first asked
// for, after the first screen is drawn.
import type { OnText, Options, Scanner } from './scanner'

export { ScannerError } from './error'
export { listenKeyboardScanner } from './keyboard'
export type { Hit, OnText, Options, Scanner } from './scanner'

/** startScanner resolves when the picture runs; fails with a ScannerError, whose code says why there is none. */
export async function startScanner(video: HTMLVideoElement, onText: OnText, options: Options): Promise<Scanner> {
  const scanner = await import('./scanner')
  return scanner.startScanner(video, onText, options)
}
