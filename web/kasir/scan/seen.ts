// A code stays in front of the camera for many pictures; the till wants to
// hear of it once.

/** For how long a text that stays in view is not reported again, in ms. */
export const HOLD = 3_000
/** A text has left the view when no picture showed it for this long, and for this many pictures. */
export const GONE = 700
export const GONE_PICTURES = 4

interface Sighting {
  reported: number
  last: number
  missed: number
}

/** Seen remembers which texts are in view. Times are ms of any steady clock. */
export class Seen {
  private readonly texts = new Map<string, Sighting>()

  /** look takes what one picture showed and returns what is to be reported. */
  look(found: readonly string[], now: number): string[] {
    for (const [text, s] of this.texts) {
      if (found.includes(text)) continue
      s.missed++
      const gone = s.missed >= GONE_PICTURES && now - s.last >= GONE
      if (gone) this.texts.delete(text)
    }
    return found.filter((text) => {
      const s = this.texts.get(text)
      if (s && now - s.reported < HOLD) {
        s.last = now
        s.missed = 0
        return false
      }
      this.texts.set(text, { reported: now, last: now, missed: 0 })
      return true
    })
  }

  /** known are the texts of the last pictures that are held back. */
  known(now: number): string[] {
    return [...this.texts].filter(([, s]) => now - s.reported < HOLD).map(([text]) => text)
  }

  /** rest begins the time of holding back anew: after a pause, what still lies there is not news. */
  rest(now: number): void {
    for (const s of this.texts.values()) Object.assign(s, { reported: now, last: now, missed: 0 })
  }
}
