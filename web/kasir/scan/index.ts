// What brings texts to the till without typing: the camera, and scanners that
// behave like a keyboard.
export { listenKeyboardScanner } from './keyboard'
export { type Hit, type OnText, type Options, type Scanner, ScannerError, startScanner } from './scanner'
