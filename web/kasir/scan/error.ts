// Why there is no picture.

export type Trouble = 'denied' | 'none' | 'busy' | 'insecure'

/** ScannerError says why there is no picture. */
export class ScannerError extends Error {
  constructor(
    readonly code: Trouble,
    cause?: unknown,
  ) {
    super(`no camera: ${code}`, { cause })
    this.name = 'ScannerError'
  }
}
