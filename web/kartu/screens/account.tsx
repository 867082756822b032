// What belongs to the person and to this phone.
import { useState } from 'preact/hooks'

import { Sheet } from '../../shared/ui/forms'
import { install, useInstall } from '../../shared/ui/install'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import { icons } from './icons'
import { LinkRow } from './parts'
import { phone, usePhone } from './phone'
import { more } from './texts'
import { w } from './words'

/** version is the hash in the name of the page's script: the same build, the same text. */
const version = (): string => /-([\w-]{8})\.js/.exec(document.querySelector<HTMLScriptElement>('script[type=module]')?.src ?? '')?.[1] ?? ''

export function Account() {
  const { card, settings } = usePhone()
  const m = more()
  const a = m.account
  return (
    <main class="page">
      <Title>{a.title}</Title>
      {card && (
        <section class="me">
          <Icon name={icons.person} />
          <div>
            <b>{card.name}</b>
            <small>{card.branch}</small>
          </div>
        </section>
      )}
      <ul class="rows list">
        <LinkRow to="akun/kartu" icon={icons.card} title={a.card} hint={a.card_hint} />
        <LinkRow to="akun/keinginan" icon={icons.heart} title={m.wish.title} hint={a.wish_hint} />
        <LinkRow to="bayar" icon={icons.tag} title={a.pay} />
        <LinkRow to="akun/data" icon="id" title={a.data} hint={a.data_hint} />
        <LinkRow to="privasi" icon="lock" title={a.notice} />
      </ul>
      <section class="group">
        <fieldset class="segments">
          <legend>{a.language}</legend>
          {(['id', 'en'] as const).map((lang) => (
            <label key={lang}>
              <input type="radio" name="lang" checked={settings.lang === lang} onChange={() => void phone.set({ lang })} />
              <span lang={lang}>{lang === 'id' ? a.lang_id : a.lang_en}</span>
            </label>
          ))}
        </fieldset>
        <Install />
      </section>
      <section class="group">
        <h2>{a.about}</h2>
        <p>{a.about_what}</p>
        <p class="hint">
          {version() && `${a.version} ${version()} · `}
          <a href="/kartu/licenses.txt">{a.licenses}</a>
        </p>
      </section>
      <Forget />
    </main>
  )
}

function Install() {
  const installs = useInstall()
  const a = more().account
  if (installs === 'done') return null
  if (installs === 'ask') {
    return (
      <Button kind="soft" icon="phone" onClick={install}>
        {a.install}
      </Button>
    )
  }
  return (
    <Note icon="phone">
      <b>{a.install}</b>
      <p>{a.install_do}</p>
    </Note>
  )
}

function Forget() {
  const [asking, ask] = useState(false)
  const [busy, setBusy] = useState(false)
  const a = more().account
  const forget = async () => {
    setBusy(true)
    await phone.forget().catch(() => undefined)
    setBusy(false)
    go('', true)
  }
  return (
    <>
      <Button kind="ghost bad" onClick={() => ask(true)}>
        {a.forget}
      </Button>
      {asking && (
        <Sheet title={a.forget} onClose={() => ask(false)}>
          <p>{a.forget_what}</p>
          <Button kind="danger" busy={busy} onClick={forget}>
            {a.forget_yes}
          </Button>
          <Button kind="ghost" onClick={() => ask(false)}>
            {w.cancel}
          </Button>
        </Sheet>
      )}
    </>
  )
}
