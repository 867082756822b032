// What a verdict sounds and feels like, so that nobody has to look. Three
// shapes that differ in pitch, rhythm and timbre.
import type { Settings, VerdictKind } from '../contract'

type Note = [at: number, hertz: number, length: number]
interface Signal {
  wave: OscillatorType
  notes: Note[]
  buzz: number[]
}

const signals: Record<VerdictKind | 'foreign' | 'done', Signal> = {
  valid: { wave: 'sine', notes: [[0, 784, 0.12], [0.13, 1175, 0.28]], buzz: [90] },
  not_valid: { wave: 'square', notes: [[0, 196, 0.22], [0.3, 147, 0.42]], buzz: [260, 90, 260] },
  cannot_tell: { wave: 'triangle', notes: [[0, 587, 0.1], [0.18, 587, 0.1], [0.36, 587, 0.1]], buzz: [70, 70, 70, 70, 70] },
  foreign: { wave: 'sine', notes: [[0, 330, 0.06]], buzz: [30] },
  done: { wave: 'sine', notes: [[0, 1047, 0.08], [0.09, 1319, 0.08], [0.18, 1568, 0.2]], buzz: [40, 40, 40] },
}

let audio: AudioContext | undefined

/** unlock makes sound possible; browsers want a touch or a key first. */
export function unlock(): void {
  try {
    audio ??= new AudioContext()
    if (audio.state === 'suspended') void audio.resume()
  } catch {
    // a phone without sound still shows and shakes
  }
}

export function signal(kind: keyof typeof signals, settings: Settings): void {
  const { wave, notes, buzz } = signals[kind]
  if (settings.vibration) navigator.vibrate?.(buzz)
  if (!settings.sound || audio?.state !== 'running') return
  for (const [at, hertz, length] of notes) {
    const start = audio.currentTime + at
    const tone = audio.createOscillator()
    const volume = audio.createGain()
    tone.type = wave
    tone.frequency.value = hertz
    volume.gain.setValueAtTime(0, start)
    volume.gain.linearRampToValueAtTime(0.4, start + 0.01)
    volume.gain.setTargetAtTime(0, start + length, 0.03)
    tone.connect(volume).connect(audio.destination)
    tone.start(start)
    tone.stop(start + length + 0.2)
  }
}
