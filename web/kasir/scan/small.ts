// The small decoder: plain JavaScript, there from the first picture on.
import { _QRScanner } from 'qr/decode.js'

const utf8 = new TextDecoder()
const textDecoder = (bytes: Uint8Array): string => utf8.decode(bytes)

// Its buffers are made once for the size of the pictures and kept.
let scanner: _QRScanner | null = null
let size = ''

/** readSmall returns the text of the first code in a picture, or of every code in it. */
export function readSmall({ data, width, height }: ImageData, every: boolean): string[] {
  if (!scanner || size !== `${width}x${height}`) {
    scanner = new _QRScanner({ maxSize: { width, height }, effort: 2, timeLimit: 60, textDecoder })
    size = `${width}x${height}`
  }
  try {
    scanner.addImage({ data, width, height }, 'RGBA')
    return scanner.decode(every).filter((text) => typeof text === 'string')
  } catch {
    scanner = null // whatever state it is in, the next picture starts afresh
    return []
  }
}
