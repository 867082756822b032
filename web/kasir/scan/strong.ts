// The strong decoder: zxing as WebAssembly, from our own files. It reads more
// codes that are tilted, blurred or badly lit than the small one.
import { prepareZXingModule, readBarcodes, type ReaderOptions } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

const utf8 = new TextDecoder()

/** open fetches and starts the decoder; it fails when the file cannot be had. */
export async function open(): Promise<void> {
  const answer = await fetch(wasm, { priority: 'low', credentials: 'same-origin' } as RequestInit)
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  const wasmBinary = await answer.arrayBuffer()
  await prepareZXingModule({ overrides: { wasmBinary, locateFile: () => wasm }, fireImmediately: true })
}

const options: ReaderOptions = {
  formats: ['QRCode'],
  tryHarder: true,
  tryRotate: false, // the finders of a QR are looked for in every direction anyway
  tryInvert: true,
  tryDownscale: true,
  textMode: 'Plain',
}

/** readStrong returns the text of the first code in a picture, or of up to four. */
export async function readStrong(picture: ImageData, every: boolean): Promise<string[]> {
  const found = await readBarcodes(picture, { ...options, maxNumberOfSymbols: every ? 4 : 1 })
  return found.filter((code) => code.isValid).map((code) => utf8.decode(code.bytes))
}
