// Dialogs and fields.
import type { ComponentChildren, InputHTMLAttributes } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'

import { Icon } from './ui'
import { c } from './words'

/** Sheet is a dialog from below; Escape and the cross close it. */
export function Sheet({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    const from = document.activeElement as HTMLElement | null
    dialog.current?.showModal()
    heading.current?.focus()
    return () => from?.focus()
  }, [])
  return (
    <dialog ref={dialog} class="sheet" aria-label={title} onClose={onClose}>
      <div class="title">
        <h2 ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="round" aria-label={c.close} onClick={onClose}>
          <Icon name="cross" />
        </button>
      </div>
      {children}
    </dialog>
  )
}

interface FieldProps {
  label: string
  value: string
  onInput: (value: string) => void
  hint?: string | undefined
  error?: string | undefined
  input?: InputHTMLAttributes<HTMLInputElement>
}

let fields = 0

export function Field({ label, value, onInput, hint, error, input }: FieldProps) {
  const [id] = useState(() => 'f' + ++fields)
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        value={value}
        onInput={(event) => onInput(event.currentTarget.value)}
        aria-invalid={!!error}
        aria-describedby={id + 'h'}
        autocomplete="off"
        spellcheck={false}
        {...input}
      />
      <p id={id + 'h'} class={error ? 'hint bad' : 'hint'} role={error ? 'alert' : undefined}>
        {error || hint}
      </p>
    </div>
  )
}
