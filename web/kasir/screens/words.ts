// The texts in the chosen language. Indonesian comes with the app; English is
// loaded when somebody chooses it. No screen holds a text of its own.
import { kasir, reasons } from '../../../internal/words/id.json'
import { announce, language, say, type Lang } from '../../shared/ui/words'
import type { Reason } from '../contract'

export { fill, language } from '../../shared/ui/words'

type English = typeof import('./en')

let english: English | null = null

/** w is the section kasir in the language of the moment. */
export let w: typeof kasir = kasir
say('id', kasir)

/** speak changes the language; it stays as it was when English cannot be had. */
export async function speak(next: Lang): Promise<void> {
  if (next === 'en') english ??= await import('./en')
  w = next === 'en' && english ? english.kasir : kasir
  say(next, w)
  announce()
}

/** inEnglish returns another section in English, or the Indonesian one that is given. */
export function section<K extends 'kasir_more' | 'pemilik', T extends English[K]>(name: K, indonesian: T): T {
  return language() === 'en' && english ? (english[name] as T) : indonesian
}

/** because is the sentence of a reason, cut into what is and what to do next. */
export function because(reason: Reason): [string, string] {
  const all: Record<string, string> = language() === 'en' && english ? english.reasons : reasons
  const text = all[reason || 'ok'] ?? w.problems.other
  const at = text.indexOf('. ') + 1
  return at ? [text.slice(0, at), text.slice(at + 1)] : [text, '']
}

/** problem is the sentence of a problem's code. */
export function problem(code: string): string {
  const all: Record<string, string> = w.problems
  return all[code] ?? because(code).join(' ')
}
