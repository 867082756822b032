// The texts in the chosen language. Indonesian comes with the app; English is
// loaded when somebody chooses it. No screen holds a text of its own.
import { kartu } from '../../../internal/words/id.json?first.json'
import { announce, language, say, type Lang } from '../../shared/ui/words'

export { fill, language } from '../../shared/ui/words'

type English = typeof import('./en')

let english: English | null = null

/** w is the section kartu in the language of the moment. */
export let w: typeof kartu = kartu
say('id', kartu)

/** speak changes the language; it stays as it was when English cannot be had. */
export async function speak(next: Lang): Promise<void> {
  if (next === 'en') english ??= await import('./en')
  w = next === 'en' && english ? english.kartu : kartu
  say(next, w)
  announce()
}

/** inEnglish returns the texts of the screens that are loaded later, in English where that is spoken. */
export const inEnglish = <T extends English['kartu_more']>(indonesian: T): T => (language() === 'en' && english ? (english.kartu_more as T) : indonesian)

/** problem is the sentence of a problem's code. */
export function problem(code: string): string {
  const all: Record<string, string> = w.problems
  return all[code] ?? w.problems.other
}
