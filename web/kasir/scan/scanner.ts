// A scanner: the camera's pictures go to the decoder one by one, and what is
// new in view is reported. It survives the phone being put away and the camera
// being taken by something else.
import { type Camera, openCamera } from './camera'
import type { Decoder, Picture } from './messages'
import { read, strengthen } from './reader'
import { Seen } from './seen'

/** How a text was read: by which decoder, and how long that took. */
export interface Hit {
  decoder: Decoder
  ms: number
}

/** OnText hears of a text; while its promise is open nothing else is reported. */
export type OnText = (text: string, hit: Hit) => void | Promise<void>

export interface Options {
  torch: boolean
  /** native uses the browser's own BarcodeDetector where there is one; off until it has been tried on phones. */
  native?: boolean
}

export interface Scanner {
  stop(): void
  /** setTorch switches the light and returns whether it is on. */
  setTorch(on: boolean): Promise<boolean>
  readonly hasTorch: boolean
  /** pause leaves the picture running and looks for nothing. */
  pause(): void
  resume(): void
}

const pace = 60 // ms between the starts of two readings, at least
const longest = 1280 // pixels; larger pictures are made smaller
const again = [300, 1_000, 3_000] // ms before the camera is tried again
const settled = 1_500 // ms after the first picture until the strong decoder is fetched

/** startScanner resolves when the picture runs; a ScannerError when there is no camera. */
export async function startScanner(video: HTMLVideoElement, onText: OnText, { torch, native = false }: Options): Promise<Scanner> {
  const running = new Running(video, onText, torch, native)
  await running.open()
  running.run()
  return running
}

class Running implements Scanner {
  private camera: Camera | null = null
  private readonly seen = new Seen()
  private over = false
  private paused = false
  private opening = false

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly onText: OnText,
    private torch: boolean,
    private readonly native: boolean,
  ) {}

  get hasTorch(): boolean {
    return this.camera?.hasTorch ?? false
  }

  async open(): Promise<void> {
    const camera = await openCamera(this.video)
    if (this.over || document.hidden) {
      camera.close()
      return
    }
    this.camera = camera
    camera.track.addEventListener('ended', this.lost)
    if (this.torch) this.torch = await camera.light(true)
  }

  run(): void {
    document.addEventListener('visibilitychange', this.shown)
    void this.loop()
    setTimeout(() => !this.over && strengthen(), settled)
  }

  stop(): void {
    this.over = true
    document.removeEventListener('visibilitychange', this.shown)
    this.close()
  }

  async setTorch(on: boolean): Promise<boolean> {
    this.torch = (await this.camera?.light(on)) ?? false
    return this.torch
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    if (this.paused) this.seen.rest(performance.now())
    this.paused = false
  }

  private close(): void {
    this.camera?.track.removeEventListener('ended', this.lost)
    this.camera?.close()
    this.camera = null
  }

  /** A hidden page gives the camera back; a page that is seen again takes it. */
  private readonly shown = (): void => {
    if (document.hidden) this.close()
    else void this.reopen()
  }

  private readonly lost = (): void => {
    this.close()
    void this.reopen()
  }

  private async reopen(): Promise<void> {
    if (this.opening) return
    this.opening = true
    for (let tries = 0; !this.camera && !this.over && !document.hidden; tries++) {
      if (tries) await wait(again[Math.min(tries, again.length) - 1] ?? 0)
      await this.open().catch(() => undefined)
    }
    this.opening = false
  }

  private async loop(): Promise<void> {
    while (!this.over) {
      const began = performance.now()
      await picture(this.video)
      if (this.over) return
      if (this.camera && !this.paused) await this.look().catch(() => undefined)
      const rest = pace - (performance.now() - began)
      if (rest > 0) await wait(rest)
    }
  }

  private async look(): Promise<void> {
    const shot = await grab(this.video)
    if (!shot) return
    const found = await read(shot, this.seen.known(performance.now()), this.native)
    if (!found || this.over || this.paused) return
    for (const text of this.seen.look(found.texts, performance.now())) {
      if (this.over || this.paused) return // the one before was enough
      await this.onText(text, { decoder: found.decoder, ms: found.ms })
    }
  }
}

const wait = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** picture resolves with the next picture of the video, and now and then without one, so that a loop can end. */
function picture(video: HTMLVideoElement): Promise<void> {
  if (!('requestVideoFrameCallback' in video)) return new Promise((done) => requestAnimationFrame(() => done()))
  return new Promise((done) => {
    const timer = setTimeout(() => {
      video.cancelVideoFrameCallback(handle)
      done()
    }, 500)
    const handle = video.requestVideoFrameCallback(() => {
      clearTimeout(timer)
      done()
    })
  })
}

let canvas: CanvasRenderingContext2D | null = null

/** grab takes the picture that the video shows; null while it shows none. */
async function grab(video: HTMLVideoElement): Promise<Picture | null> {
  const { videoWidth, videoHeight } = video
  if (!videoWidth || !videoHeight || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return null
  const scale = Math.min(1, longest / Math.max(videoWidth, videoHeight))
  const width = Math.round(videoWidth * scale)
  const height = Math.round(videoHeight * scale)
  if ('OffscreenCanvas' in self && 'createImageBitmap' in self) {
    return scale === 1 ? createImageBitmap(video) : createImageBitmap(video, { resizeWidth: width, resizeHeight: height })
  }
  canvas ??= document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  if (!canvas) return null
  canvas.canvas.width = width
  canvas.canvas.height = height
  canvas.drawImage(video, 0, 0, width, height)
  return canvas.getImageData(0, 0, width, height)
}
