// How the till sounds and speaks, what it holds, and how to leave it.
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

import { age } from '../../shared/ui/format'
import { Field, Sheet } from '../../shared/ui/forms'
import { install, useInstall } from '../../shared/ui/install'
import { useNow } from '../../shared/ui/now'
import { go } from '../../shared/ui/router'
import { Button, Note, Title } from '../../shared/ui/ui'
import type { Settings } from '../contract'
import { signal } from './feedback'
import { more } from './texts'
import { till, useTill } from './till'
import { fill, problem, w } from './words'

export function SettingsScreen() {
  const state = useTill()
  const m = more().settings
  const s = state.settings
  const set = (change: Partial<Settings>) => void till.set(change)
  return (
    <main class="page">
      {state.phase === 'ready' ? <Title>{m.title}</Title> : <Title back="">{m.title}</Title>}
      <section class="group">
        <fieldset class="segments">
          <legend>{m.language}</legend>
          {(['id', 'en'] as const).map((lang) => (
            <label key={lang}>
              <input type="radio" name="lang" checked={s.lang === lang} onChange={() => set({ lang })} />
              <span lang={lang}>{lang === 'id' ? m.lang_id : m.lang_en}</span>
            </label>
          ))}
        </fieldset>
        <Switch
          on={s.sound}
          onChange={(sound) => {
            set({ sound })
            if (sound) signal('valid', { ...s, sound })
          }}
        >
          {m.sound}
        </Switch>
        <Switch
          on={s.vibration}
          onChange={(vibration) => {
            set({ vibration })
            if (vibration) signal('foreign', { ...s, vibration, sound: false })
          }}
        >
          {m.vibration}
        </Switch>
        <Switch on={s.torch} onChange={(torch) => set({ torch })}>
          {m.torch}
        </Switch>
      </section>
      <Held />
      <Till />
    </main>
  )
}

function Switch({ on, onChange, children }: { on: boolean; onChange: (on: boolean) => void; children: ComponentChildren }) {
  return (
    <label class="switch">
      <span>{children}</span>
      <input type="checkbox" role="switch" checked={on} onChange={(event) => onChange(event.currentTarget.checked)} />
    </label>
  )
}

function Held() {
  const { freshness, unsent, storagePersistent, syncing, problem: trouble } = useTill()
  const at = useNow(30)
  const [asked, setAsked] = useState(false)
  const m = more().settings
  const since = (then: number) => (then ? age(then, at) : m.never)
  const clock = { good: m.clock_good, off: m.clock_off, set_back: m.clock_back }[freshness.clock]
  const rows: [string, string, boolean][] = [
    [m.status_at, since(freshness.statusAt), freshness.statusTooOld],
    [m.bundle_at, since(freshness.bundleAt), !freshness.bundleAt],
    [m.clock, clock, freshness.clock !== 'good'],
    [m.unsent, String(unsent), unsent > 0],
    [m.storage, storagePersistent ? m.kept : m.not_kept, !storagePersistent],
  ]
  const sync = async () => {
    setAsked(false)
    await till.sync().catch(() => undefined)
    setAsked(true)
  }
  return (
    <section class="group">
      <h2>{m.data}</h2>
      <dl class="facts">
        {rows.map(([name, value, odd]) => [
          <dt key={name}>{name}</dt>,
          <dd key={name + 'v'} class={odd ? 'warn' : ''}>
            {value}
          </dd>,
        ])}
      </dl>
      <Button kind="soft" icon="up" busy={syncing} onClick={sync}>
        {syncing ? m.syncing : m.sync}
      </Button>
      <p class={trouble ? 'hint bad' : 'hint'} role="status">
        {asked && !syncing && (trouble ? problem(trouble.code) : m.synced)}
      </p>
    </section>
  )
}

/** version is the hash in the name of the page's script: the same build, the same text. */
const version = (): string => /-([\w-]{8})\.js/.exec(document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '')?.[1] ?? ''

function Till() {
  const state = useTill()
  const m = more().settings
  const installs = useInstall()
  const [leaving, setLeaving] = useState(false)
  const rows: [string, string | undefined][] = [
    [m.till, state.till?.name],
    [m.fingerprint, state.till?.fingerprint],
    [m.cashier, state.cashier?.name],
    [m.version, version()],
  ]
  return (
    <section class="group">
      <h2>{state.outlet?.name}</h2>
      <p class="hint">{state.outlet?.partner}</p>
      <dl class="facts">{rows.map(([name, value]) => value && [<dt key={name}>{name}</dt>, <dd key={name + 'v'}>{value}</dd>])}</dl>
      {state.cashier && (
        <Button
          kind="soft"
          icon="lock"
          onClick={() => {
            void till.signOut()
            go('', true)
          }}
        >
          {m.switch}
        </Button>
      )}
      {installs === 'ask' && (
        <Button kind="soft" icon="phone" onClick={install}>
          {m.install}
        </Button>
      )}
      {installs === 'hint' && (
        <Note icon="phone">
          <b>{m.install}</b>
          <p>{m.install_do}</p>
        </Note>
      )}
      <a class="btn ghost" href="#/pemilik">
        <span>{m.owner}</span>
      </a>
      <Button kind="ghost bad" onClick={() => setLeaving(true)}>
        {m.leave}
      </Button>
      {leaving && <Leave onClose={() => setLeaving(false)} />}
    </section>
  )
}

/** Leave forgets the till; with something unsent only after a word was typed. */
function Leave({ onClose }: { onClose: () => void }) {
  const { unsent } = useTill()
  const m = more().settings
  const [word, setWord] = useState('')
  const [fault, setFault] = useState('')
  const sure = unsent === 0 || word.trim().toUpperCase() === m.leave_word
  const leave = async () => {
    const refused = await till.leave(unsent > 0 && sure).catch(() => ({ code: 'other' }))
    if (refused) setFault(problem(refused.code))
    else go('', true)
  }
  return (
    <Sheet title={m.leave} onClose={onClose}>
      <div class="stack">
        {unsent > 0 && (
          <Note kind="bad" icon="alert">
            <b>{fill(m.leave_unsent, { n: unsent })}</b>
          </Note>
        )}
        <p>{m.leave_sure}</p>
        {unsent > 0 && (
          <>
            <Button kind="main" icon="up" onClick={() => void till.sync()}>
              {more().today.send}
            </Button>
            <Field label={fill(m.leave_type, { word: m.leave_word })} value={word} onInput={setWord} input={{ autocapitalize: 'characters' }} />
          </>
        )}
        <Button kind="danger" disabled={!sure} onClick={leave}>
          {m.leave_yes}
        </Button>
        <Button kind="ghost" onClick={onClose}>
          {w.cancel}
        </Button>
        {fault && (
          <p class="hint bad" role="alert">
            {fault}
          </p>
        )}
      </div>
    </Sheet>
  )
}
