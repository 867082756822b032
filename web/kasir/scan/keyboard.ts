// Scanners on USB or Bluetooth behave like a keyboard that types very fast and
// ends with Enter or Tab. Their text is taken wherever the focus is; what a
// person types stays where it is typed.

const between = 100 // ms between two keys of a scanner, at most
const average = 50 // ms; people are slower over six keys
const shortest = 6 // characters

/** What a US keyboard writes for the keys whose place differs between layouts: plain, with Shift. */
const us: Record<string, string> = {
  Minus: '-_', Equal: '=+', BracketLeft: '[{', BracketRight: ']}', Backslash: '\\|', Semicolon: ';:',
  Quote: `'"`, Backquote: '`~', Comma: ',<', Period: '.>', Slash: '/?', Space: '  ',
}
const digits = ')!@#$%^&*('

/** onUS is the character of a key on a US keyboard, which is what scanners are set to; '' for other keys. */
function onUS({ code, shiftKey, key }: KeyboardEvent): string {
  const letter = /^Key([A-Z])$/.exec(code)?.[1]
  if (letter) return shiftKey ? letter : letter.toLowerCase()
  const digit = /^Digit(\d)$/.exec(code)?.[1]
  if (digit) return shiftKey ? (digits[Number(digit)] ?? '') : digit
  return us[code]?.[shiftKey ? 1 : 0] ?? (key.length === 1 ? key : '')
}

/** isSwapped: Caps Lock made a capital letter small, or the other way round. */
const isSwapped = ({ code, key, shiftKey }: KeyboardEvent): boolean => /^Key[A-Z]$/.test(code) && /^[a-z]$/i.test(key) && /[A-Z]/.test(key) !== shiftKey

type Field = HTMLInputElement | HTMLTextAreaElement

const isField = (on: EventTarget | null): on is Field =>
  on instanceof HTMLTextAreaElement || (on instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'submit', 'range', 'file'].includes(on.type))

/** A field without a keyboard on screen: only scanners and real keyboards write into it. */
const isScanField = (on: EventTarget | null): on is Field => isField(on) && on.inputMode === 'none'

/** Burst is a run of keys that came as fast as a scanner sends them. */
class Burst {
  private keys = ''
  private places = ''
  private began = 0
  private last = 0
  private caps = false
  private field: Field | null = null
  private before = ''

  /** add takes one key. A gap, or a key that is held down, begins anew. */
  add(event: KeyboardEvent): void {
    if (event.repeat || event.timeStamp - this.last > between || event.target !== (this.field ?? event.target)) this.clear()
    if (event.repeat) return
    if (!this.keys) {
      this.began = event.timeStamp
      this.field = isField(event.target) ? event.target : null
      this.before = this.field?.value ?? ''
    }
    this.keys += event.key
    this.places += onUS(event)
    this.caps ||= isSwapped(event)
    this.last = event.timeStamp
  }

  clear(): void {
    this.keys = this.places = this.before = ''
    this.field = null
    this.caps = false
  }

  /** isScan reports whether the keys until now came from a scanner, at the moment of its last key. */
  isScan(at: number): boolean {
    return this.keys.length >= shortest && at - this.last <= between && (at - this.began) / this.keys.length <= average
  }

  get length(): number {
    return this.keys.length
  }

  /**
   * text is what was scanned: as the keyboard's layout reads it, or by the
   * places of the keys where that makes more sense (another layout, Caps Lock).
   */
  text(): string {
    if (this.caps) return this.places
    return !this.keys.includes('://') && this.places.includes('://') ? this.places : this.keys
  }

  /** restore gives the field back what stood in it before the scan. */
  restore(): void {
    if (this.field) write(this.field, this.before)
  }
}

function write(field: Field, value: string): void {
  if (field.value === value) return
  field.value = value
  field.dispatchEvent(new Event('input', { bubbles: true }))
}

/** listenKeyboardScanner reports every scanned text until the function that it returns is called. */
export function listenKeyboardScanner(onText: (text: string) => void): () => void {
  const burst = new Burst()

  const take = (event: KeyboardEvent, text: string): void => {
    event.preventDefault() // neither sends a form nor presses the focused button
    event.stopImmediatePropagation()
    burst.clear()
    onText(text)
  }

  const pressed = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return burst.clear()
    if (event.key === 'Enter' || event.key === 'Tab') {
      if (burst.isScan(event.timeStamp)) {
        const text = burst.text()
        burst.restore()
        return take(event, text)
      }
      burst.clear()
      // Some phones keep what the keys of a scanner were: then the field has it.
      const on = event.target
      if (isScanField(on) && on.value.trim() && !event.shiftKey) {
        const text = on.value.trim()
        write(on, '')
        take(event, text)
      }
      return
    }
    if (event.key.length !== 1) return // Shift and the like come between
    burst.add(event)
    // Outside of fields the keys of a scan are not for anybody else.
    if (burst.length > 2 && !isField(event.target)) event.preventDefault()
  }

  addEventListener('keydown', pressed, true)
  return () => removeEventListener('keydown', pressed, true)
}
