// The person's cards: which there are, what to do when one is lost, the wallet.
import { useEffect, useState } from 'preact/hooks'

import { day } from '../../shared/ui/format'
import { Sheet } from '../../shared/ui/forms'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import type { OwnCard } from '../contract'
import { spaced } from './card'
import { icons } from './icons'
import { Age, Choices, Empty, Fault, Missing, Spinner } from './parts'
import { attempt, phone, useHeld } from './phone'
import { more } from './texts'
import { fill, problem, w } from './words'

const reasons = ['lost', 'stolen', 'holder_request'] as const

export function Cards() {
  const m = more().cards
  const [held, reload] = useHeld(() => phone.cards())
  const [losing, lose] = useState<OwnCard | null>(null)
  const [done, setDone] = useState(false)
  return (
    <main class="page">
      <Title back="akun">{m.title}</Title>
      <Age held={held} />
      {done && (
        <Note icon="check">
          <p role="status">{m.done}</p>
        </Note>
      )}
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && held.value.length === 0 && <Empty icon={icons.card} title={m.empty} />}
      <ul class="rows">
        {held?.value.map((card) => (
          <One key={card.id} card={card} onLose={() => lose(card)} />
        ))}
      </ul>
      <Wallet />
      {losing && (
        <Lose
          card={losing}
          onClose={() => lose(null)}
          onDone={() => {
            setDone(true)
            void reload()
          }}
        />
      )}
    </main>
  )
}

function One({ card, onLose }: { card: OwnCard; onLose: () => void }) {
  const m = more().cards
  const good = card.state === 'active'
  return (
    <li class={good ? 'group own' : 'group own dim'}>
      <div class="line">
        <b class="kind">
          <Icon name={card.form === 'phone' ? 'phone' : icons.card} />
          {m[card.form]}
        </b>
        {card.thisPhone && <span class="chip">{m.this}</span>}
      </div>
      <div class="line">
        <b class="mono">{spaced(card.shortCode)}</b>
        <small>{good ? fill(m.active, { day: day(card.expiresOn) }) : m[card.state as 'revoked' | 'replaced']}</small>
      </div>
      {good && (
        <Button kind="ghost bad" onClick={onLose}>
          {m.lost}
        </Button>
      )}
    </li>
  )
}

function Lose({ card, onClose, onDone }: { card: OwnCard; onClose: () => void; onDone: () => void }) {
  const m = more().cards
  const [reason, setReason] = useState<(typeof reasons)[number] | ''>('')
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const revoke = async () => {
    if (!reason) return
    setBusy(true)
    const refused = await attempt(phone.lose(card.id, reason))
    setBusy(false)
    if (refused) return setFault(problem(refused.code))
    onClose()
    onDone()
  }
  return (
    <Sheet title={fill(m.lost_title, { code: spaced(card.shortCode) })} onClose={onClose}>
      <p>{m.lost_what}</p>
      {card.thisPhone && (
        <Note kind="warn" icon="alert">
          {m.lost_this}
        </Note>
      )}
      <Choices name="reason" legend={m.why} options={reasons.map((key) => [key, m[`why_${key}`]])} value={reason} onChange={setReason} />
      {fault && <Fault>{fault}</Fault>}
      <Button kind="danger" busy={busy} disabled={!reason} onClick={revoke}>
        {m.lost_yes}
      </Button>
      <Button kind="ghost" onClick={onClose}>
        {w.cancel}
      </Button>
    </Sheet>
  )
}

function Wallet() {
  const [url, setUrl] = useState('')
  const m = more().cards
  useEffect(() => void phone.walletUrl().then(setUrl, () => undefined), [])
  if (!url) return null
  return (
    <section class="group">
      <a class="btn wallet-button" href={url} rel="noreferrer">
        <Icon name={icons.card} />
        <span>{m.wallet}</span>
      </a>
      <p class="hint">{m.wallet_hint}</p>
    </section>
  )
}
