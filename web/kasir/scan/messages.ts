// What the page and the decoding worker say to each other.

export type Decoder = 'qr' | 'zxing' | 'native'

/** A picture of the camera: a bitmap where the worker can draw, else its pixels. */
export type Picture = ImageBitmap | ImageData

export type ToWorker =
  /** known: texts that were reported already; a picture that shows nothing else is searched further. */
  | { do: 'decode'; id: number; picture: Picture; known: string[]; native: boolean }
  /** Fetch the strong decoder and change over to it. */
  | { do: 'strengthen' }

export type FromWorker =
  | { id: number; texts: string[]; decoder: Decoder; ms: number }
  /** The strong decoder is there, or could not be had this time. */
  | { strong: boolean }
