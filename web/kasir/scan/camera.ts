// The camera at the back: opened at 1280x720, kept in focus, lit on demand.

import { ScannerError } from './error'

// Known by phones, not by TypeScript's library.
interface Abilities extends MediaTrackCapabilities {
  torch?: boolean
  focusMode?: string[]
}
interface Wish extends MediaTrackConstraintSet {
  torch?: boolean
  focusMode?: string
}

const wanted: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } },
}

function trouble(fault: unknown): ScannerError {
  const name = fault instanceof DOMException || fault instanceof Error ? fault.name : ''
  if (name === 'NotAllowedError' || name === 'SecurityError') return new ScannerError('denied', fault)
  if (name === 'NotFoundError' || name === 'OverconstrainedError' || name === 'TypeError') return new ScannerError('none', fault)
  return new ScannerError('busy', fault) // NotReadableError, AbortError: something else holds it
}

export interface Camera {
  readonly track: MediaStreamTrack
  readonly hasTorch: boolean
  /** light switches the torch and returns whether it is lit. */
  light(on: boolean): Promise<boolean>
  close(): void
}

/** openCamera shows the camera in video; a ScannerError when there is none to be had. */
export async function openCamera(video: HTMLVideoElement): Promise<Camera> {
  const devices: MediaDevices | undefined = navigator.mediaDevices // missing where the page is not secure
  if (!devices || !isSecureContext) throw new ScannerError('insecure')
  let stream: MediaStream
  try {
    stream = await devices.getUserMedia(wanted)
  } catch (fault) {
    throw trouble(fault)
  }
  const track = stream.getVideoTracks()[0]
  if (!track) throw new ScannerError('none')
  const close = (): void => {
    track.stop()
    if (video.srcObject === stream) video.srcObject = null
  }
  video.muted = true
  video.playsInline = true
  video.srcObject = stream
  try {
    await video.play()
  } catch (fault) {
    // Another scanner took the element over while this one was starting.
    if (video.srcObject !== stream || track.readyState === 'ended') {
      close()
      throw trouble(fault)
    }
  }
  const can: Abilities = track.getCapabilities?.() ?? {}
  const focus: Wish = can.focusMode?.includes('continuous') ? { focusMode: 'continuous' } : {}
  // A call replaces what an earlier one asked for, so each asks for everything.
  const ask = async (wish: Wish): Promise<boolean> =>
    track.applyConstraints({ advanced: [{ ...focus, ...wish }] }).then(
      () => true,
      () => false,
    )
  if (focus.focusMode) await ask({})
  return {
    track,
    hasTorch: can.torch === true,
    light: async (on) => (can.torch === true && (await ask({ torch: on })) ? on : false),
    close,
  }
}
