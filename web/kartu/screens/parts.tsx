// Small parts that several screens are made of.
import type { ComponentChildren } from 'preact'

import { age } from '../../shared/ui/format'
import { useNow } from '../../shared/ui/now'
import { Button, Icon, type IconName } from '../../shared/ui/ui'
import type { Held } from '../contract'
import { icons } from './icons'
import { usePhone } from './phone'
import { more } from './texts'
import { fill, w } from './words'

export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <path d="M6.5 11A2.5 2.5 0 0 1 9 8.500h14a2.5 2.5 0 0 1 2.5 2.500v10a2.5 2.5 0 0 1-2.5 2.500H9A2.5 2.5 0 0 1 6.5 21zM6.5 13.500h19M10.5 18.600l2.2 2.2 4-4.2" />
  </svg>
)

export const Spinner = () => (
  <div class="middle tall">
    <i class="spin big" role="status" aria-label={w.loading} />
  </div>
)

/** Fault is the sentence of what went wrong, with its next step. */
export const Fault = ({ children }: { children: ComponentChildren }) => (
  <p class="hint bad" role="alert">
    {children}
  </p>
)

const old = 600 // seconds from which data tell their age although there is a network

/** Age says how old the data are when that matters. */
export function Age({ held }: { held: Held<unknown> | undefined }) {
  const { online, clock } = usePhone()
  const at = useNow(30) - clock.by
  if (!held?.at || (online && at - held.at < old)) return null
  return (
    <p class="hint aged">
      <Icon name={online ? icons.clock : 'off'} />
      {fill(more().age.at, { age: age(held.at, at) })}
    </p>
  )
}

interface EmptyProps {
  icon: IconName
  title: string
  text?: string
  act?: string
  onAct?: () => void
}

export const Empty = ({ icon, title, text, act, onAct }: EmptyProps) => (
  <div class="empty">
    <Icon name={icon} />
    <p class="lead">{title}</p>
    {text && <p class="hint">{text}</p>}
    {act && onAct && (
      <Button kind="soft" onClick={onAct}>
        {act}
      </Button>
    )}
  </div>
)

/** Missing is a screen whose data never came to this phone. */
export function Missing({ onAgain }: { onAgain: () => void }) {
  return <Empty icon="off" title={more().age.none} act={w.try_again} onAct={onAgain} />
}

interface RowProps {
  to: string
  icon: IconName
  title: string
  hint?: string
}

export const LinkRow = ({ to, icon, title, hint }: RowProps) => (
  <li>
    <a class="row" href={'#/' + to}>
      <span class="face">
        <Icon name={icon} />
      </span>
      <span class="grow">
        <b>{title}</b>
        {hint && <small>{hint}</small>}
      </span>
      <Icon name="next" />
    </a>
  </li>
)

interface ChoicesProps<T extends string> {
  name: string
  legend: string
  options: [value: T, text: string][]
  value: T | ''
  onChange: (value: T) => void
}

/** Choices is one of several, each a row with a circle. */
export function Choices<T extends string>({ name, legend, options, value, onChange }: ChoicesProps<T>) {
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {options.map(([key, text]) => (
        <label key={key}>
          <input type="radio" name={name} checked={value === key} onChange={() => onChange(key)} />
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  )
}

interface TickProps {
  on: boolean
  onChange: (on: boolean) => void
  children: ComponentChildren
}

export const Tick = ({ on, onChange, children }: TickProps) => (
  <label class={on ? 'tick on' : 'tick'}>
    <input type="checkbox" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
    <span>{children}</span>
  </label>
)
