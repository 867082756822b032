// How a phone gets its card: what this is, a code, the consent.
import { useState } from 'preact/hooks'

import { Field } from '../../shared/ui/forms'
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import { Consent, useNotice } from './consent'
import { icons } from './icons'
import { Fault, LinkRow, Mark } from './parts'
import { attempt, phone, usePhone } from './phone'
import { more } from './texts'
import { problem } from './words'

interface Props {
  code: string
  onCode: (code: string) => void
}

export function Start({ code, onCode }: Props) {
  return code ? <Finish code={code} onCode={onCode} /> : <Welcome onCode={onCode} />
}

/** bare is the code out of what was typed or pasted: the code itself, the link, or a whole message with it. */
export const bare = (text: string): string => (/#([\w-]+)/.exec(text)?.[1] ?? text).replace(/\s+/g, '')

function Welcome({ onCode }: { onCode: (code: string) => void }) {
  const m = more().start
  const [text, setText] = useState('')
  const [fault, setFault] = useState('')
  const next = (event: Event) => {
    event.preventDefault()
    if (bare(text)) onCode(bare(text))
    else setFault(m.code_need)
  }
  return (
    <main class="page welcome">
      <div class="line">
        <Mark />
        <Languages />
      </div>
      <Title>{m.title}</Title>
      <p class="lead">{m.what}</p>
      <p>{m.what2}</p>
      <section class="group">
        <h2>{m.have}</h2>
        <p class="hint">{m.link}</p>
        <form class="stack" onSubmit={next}>
          <Field
            label={m.code} hint={m.code_hint} value={text} onInput={setText} error={fault}
            input={{ class: 'code', maxLength: 400, autocapitalize: 'characters', enterkeyhint: 'next' }}
          />
          <Button submit kind="main">
            {more().claim.confirm}
          </Button>
        </form>
      </section>
      <ul class="rows">
        <LinkRow to="minta" icon="phone" title={m.none} hint={m.none_hint} />
        <LinkRow to="promo" icon={icons.tag} title={m.promos} />
        <LinkRow to="privasi" icon="lock" title={more().consent.title} />
      </ul>
      <p class="hint">{m.no_phone}</p>
      <p class="hint">{more().account.about_what}</p>
    </main>
  )
}

function Languages() {
  const { settings } = usePhone()
  const other = settings.lang === 'id' ? 'en' : 'id'
  return (
    <button type="button" class="link" lang={other} onClick={() => void phone.set({ lang: other })}>
      {other === 'id' ? more().account.lang_id : more().account.lang_en}
    </button>
  )
}

function Finish({ code, onCode }: Props) {
  const m = more()
  const { notice, fault, reload } = useNotice()
  const [agreed, setAgreed] = useState(false)
  const [busy, setBusy] = useState(false)
  const [said, setSaid] = useState('')
  const make = async () => {
    if (!notice) return
    if (!agreed) return setSaid(m.consent.need)
    setBusy(true)
    setSaid('')
    const refused = await attempt(phone.activate(code, notice))
    setBusy(false)
    if (!refused) {
      onCode('')
      go('', true)
      return
    }
    setSaid(problem(refused.code))
    if (refused.code === 'consent_version') {
      setAgreed(false)
      reload()
    }
  }
  return (
    <main class="page">
      <Mark />
      <Title>{m.start.got_code}</Title>
      <p class="lead">{m.start.got_code_do}</p>
      <Consent
        notice={notice} fault={fault} agreed={agreed} onReload={reload}
        onAgree={(on) => {
          setAgreed(on)
          setSaid('')
        }}
      />
      {said && <Fault>{said}</Fault>}
      <Button kind="main" busy={busy} disabled={!notice} onClick={make}>
        {busy ? m.start.going : m.start.go}
      </Button>
      <Button kind="ghost" onClick={() => onCode('')}>
        {m.start.other_code}
      </Button>
    </main>
  )
}

/** Replace asks before a card that is here makes room for another. */
export function Replace({ code, onDone }: { code: string; onDone: () => void }) {
  const m = more().start
  const { card } = usePhone()
  const [sure, setSure] = useState(false)
  if (sure) return <Finish code={code} onCode={onDone} />
  return (
    <main class="page">
      <Mark />
      <Title>{m.already}</Title>
      {card && (
        <p class="lead">
          <Icon name={icons.card} /> {card.name}
        </p>
      )}
      <Note kind="warn" icon="alert">
        {m.already_do}
      </Note>
      <Button kind="main" onClick={onDone}>
        {m.keep}
      </Button>
      <Button kind="ghost" onClick={() => setSure(true)}>
        {m.replace}
      </Button>
    </main>
  )
}
