// The texts in the chosen language. Indonesian comes with the app; English is
// loaded when somebody chooses it. No screen holds a text of its own.
import { kasir, reasons } from '../../../internal/words/id.json'
import type { Reason } from '../contract'

type English = typeof import('./en')

let english: English | null = null
let lang: 'id' | 'en' = 'id'

/** w is the section kasir in the language of the moment. */
export let w: typeof kasir = kasir

/** speak changes the language; it stays as it was when English cannot be had. */
export async function speak(next: 'id' | 'en'): Promise<void> {
  if (next === 'en') english ??= await import('./en')
  lang = next
  w = next === 'en' && english ? english.kasir : kasir
  document.documentElement.lang = next
  document.title = w.app
}

/** locale is what numbers and dates are written by. */
export const locale = (): string => (lang === 'en' ? 'en-GB' : 'id-ID')

export const language = (): 'id' | 'en' => lang

/** inEnglish returns another section in English, or the Indonesian one that is given. */
export function section<K extends 'kasir_more' | 'pemilik', T extends English[K]>(name: K, indonesian: T): T {
  return lang === 'en' && english ? (english[name] as T) : indonesian
}

/** fill puts values in place of {names}. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}

/** because is the sentence of a reason, cut into what is and what to do next. */
export function because(reason: Reason): [string, string] {
  const all: Record<string, string> = lang === 'en' && english ? english.reasons : reasons
  const text = all[reason || 'ok'] ?? w.problems.other
  const at = text.indexOf('. ') + 1
  return at ? [text.slice(0, at), text.slice(at + 1)] : [text, '']
}

/** problem is the sentence of a problem's code. */
export function problem(code: string): string {
  const all: Record<string, string> = w.problems
  return all[code] ?? because(code).join(' ')
}
