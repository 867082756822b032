// The worker that reads codes out of pictures, one picture at a time: with the
// small decoder at once, with the strong one as soon as it is there.
import type { Decoder, FromWorker, Picture, ToWorker } from './messages'
import { readSmall } from './small'

interface Native {
  detect(picture: Picture): Promise<{ rawValue: string }[]>
}
declare const BarcodeDetector: { new (options: { formats: string[] }): Native } | undefined

type Read = (picture: ImageData, every: boolean) => Promise<string[]>

let strong: Read | null = null
let opening: Promise<void> | null = null
let native: Native | null = null

const say = (message: FromWorker): void => postMessage(message)

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.do === 'decode') void decode(data)
  else void strengthen()
})

async function strengthen(): Promise<void> {
  opening ??= import('./strong').then(async ({ open, readStrong }) => {
    await open()
    strong = readStrong
  })
  try {
    await opening
  } catch {
    opening = null // no network: asked again later
  }
  say({ strong: strong !== null })
}

async function decode({ id, picture, known, native: allowed }: Extract<ToWorker, { do: 'decode' }>): Promise<void> {
  const began = performance.now()
  let decoder: Decoder = 'qr'
  let texts: string[] = []
  try {
    if (allowed && typeof BarcodeDetector !== 'undefined') {
      decoder = 'native'
      native ??= new BarcodeDetector({ formats: ['qr_code'] })
      texts = (await native.detect(picture)).map((code) => code.rawValue)
    } else {
      if (strong) decoder = 'zxing'
      texts = await search(pixels(picture), known)
    }
  } catch {
    if (decoder === 'zxing') strong = null // it broke: the small one goes on
  }
  if ('close' in picture) picture.close()
  say({ id, texts: [...new Set(texts)], decoder, ms: performance.now() - began })
}

/** search looks for one code; when that one is known already, for the others beside it. */
async function search(image: ImageData, known: string[]): Promise<string[]> {
  const read: Read = strong ?? (async (i, every) => readSmall(i, every))
  const first = await read(image, false)
  if (!first.length || first.some((text) => !known.includes(text))) return first
  return [...first, ...(await read(image, true))]
}

let canvas: OffscreenCanvasRenderingContext2D | null = null

function pixels(picture: Picture): ImageData {
  if (picture instanceof ImageData) return picture
  const { width, height } = picture
  if (!canvas || canvas.canvas.width !== width || canvas.canvas.height !== height) {
    canvas = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true, alpha: false })
  }
  if (!canvas) throw new Error('no canvas')
  canvas.drawImage(picture, 0, 0)
  return canvas.getImageData(0, 0, width, height)
}
