// The page's side of the decoding worker. There is one for the life of the
// page: what it has loaded stays loaded while scanners come and go.
import type { Decoder, FromWorker, Picture, ToWorker } from './messages'

export interface Read {
  texts: string[]
  decoder: Decoder
  ms: number
}

const patience = 8_000 // ms; a worker that is silent for longer is started anew
const later = 30_000 // ms until the strong decoder is asked for again

let worker: Worker | null = null
let waiting: { id: number; done: (read: Read | null) => void; timer: ReturnType<typeof setTimeout> } | null = null
let count = 0
let wanted = false

function open(): Worker {
  if (worker) return worker
  worker = new Worker(new URL('./decode.ts', import.meta.url), { type: 'module', name: 'decode' })
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if ('id' in data) settle(data.id, data)
    else if (!data.strong) setTimeout(() => worker && post({ do: 'strengthen' }), later)
  }
  worker.onerror = drop
  if (wanted) post({ do: 'strengthen' })
  return worker
}

const post = (message: ToWorker, transfer: Transferable[] = []): void => worker?.postMessage(message, transfer)

function settle(id: number, read: Read | null): void {
  if (waiting?.id !== id) return
  clearTimeout(waiting.timer)
  const { done } = waiting
  waiting = null
  done(read)
}

function drop(): void {
  worker?.terminate()
  worker = null
  if (waiting) settle(waiting.id, null)
}

/** read decodes one picture; null when the worker broke or a later picture took its turn. */
export function read(picture: Picture, known: string[], native: boolean): Promise<Read | null> {
  open()
  if (waiting) settle(waiting.id, null)
  const id = ++count
  return new Promise((done) => {
    waiting = { id, done, timer: setTimeout(drop, patience) }
    post({ do: 'decode', id, picture, known, native }, [picture instanceof ImageData ? picture.data.buffer : picture])
  })
}

/** strengthen has the strong decoder fetched in the background. */
export function strengthen(): void {
  if (wanted) return
  wanted = true
  open()
  post({ do: 'strengthen' })
}
