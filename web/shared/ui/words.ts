// The language of the moment, and the texts of the parts that the apps share.
// Each app has its own sections and calls say before anything is drawn.

export type Lang = 'id' | 'en'

/** Common is what the shared parts say; a section of an app holds it. */
export interface Common {
  app: string
  back: string
  close: string
  failed_load: string
  loading: string
  try_again: string
  ago: { days: string; hours: string; minutes: string; now: string }
}

let lang: Lang = 'id'

/** c is the texts of the shared parts in the language of the moment. */
export let c: Common

/** say sets the language and its texts, without touching the page. */
export function say(next: Lang, texts: Common): void {
  lang = next
  c = texts
}

/** announce tells the page its language and name. */
export function announce(): void {
  document.documentElement.lang = lang
  document.title = c.app
}

/** locale is what numbers and dates are written by. */
export const locale = (): string => (lang === 'en' ? 'en-GB' : 'id-ID')

export const language = (): Lang => lang

/** fill puts values in place of {names}. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''))
}
