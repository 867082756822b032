// The trades in which somebody misses a promo, with one tap each.
import { useState } from 'preact/hooks'

import { Field, Sheet } from '../../shared/ui/forms'
import { Button, Icon, Title } from '../../shared/ui/ui'
import type { Wish } from '../contract'
import { icons } from './icons'
import { Age, Empty, Fault, Missing, Spinner } from './parts'
import { attempt, phone, useHeld } from './phone'
import { more } from './texts'
import { fill, problem } from './words'

export function Wishes() {
  const m = more().wish
  const [held, reload] = useHeld(() => phone.wishes())
  const [naming, name] = useState<Wish | null>(null)
  const [fault, setFault] = useState('')
  const [busy, setBusy] = useState('')
  const toggle = async (wish: Wish) => {
    setBusy(wish.sector.id)
    setFault('')
    const refused = await attempt(wish.wished ? phone.unwish(wish.sector.id) : phone.wish(wish.sector.id, ''))
    setBusy('')
    if (refused) return setFault(problem(refused.code))
    void reload()
  }
  const wished = held?.value.filter((wish) => wish.wished).length ?? 0
  return (
    <main class="page">
      <Title back="akun">{m.title}</Title>
      <p>{m.lead}</p>
      <Age held={held} />
      {fault && <Fault>{fault}</Fault>}
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && held.value.length === 0 && <Empty icon={icons.heart} title={m.empty} />}
      {wished > 0 && (
        <p class="hint" role="status">
          {fill(m.mine, { n: wished })}
        </p>
      )}
      <ul class="rows wishes">
        {held?.value.map((wish) => (
          <One key={wish.sector.id} wish={wish} busy={busy === wish.sector.id} onToggle={() => void toggle(wish)} onName={() => name(wish)} />
        ))}
      </ul>
      {naming && <Naming wish={naming} onClose={() => name(null)} onDone={() => void reload()} />}
    </main>
  )
}

interface OneProps {
  wish: Wish
  busy: boolean
  onToggle: () => void
  onName: () => void
}

function One({ wish, busy, onToggle, onName }: OneProps) {
  const m = more().wish
  return (
    <li class={wish.wished ? 'wish on' : 'wish'}>
      <button type="button" class="toggle" aria-pressed={wish.wished} disabled={busy} onClick={onToggle}>
        <span class="heart">{busy ? <i class="spin" /> : <Icon name={icons.heart} />}</span>
        <span class="grow">
          <b>{wish.sector.name}</b>
          <small>{wish.wished ? m.wanted : m.want}</small>
        </span>
        {wish.wished && <span class="undo">{m.undo}</span>}
      </button>
      {wish.wished && (
        <p class="partner">
          <span class="grow">{wish.partner && fill(m.partner_is, { name: wish.partner })}</span>
          <button type="button" class="link" onClick={onName}>
            {wish.partner ? m.partner_edit : m.partner_set}
          </button>
        </p>
      )}
    </li>
  )
}

function Naming({ wish, onClose, onDone }: { wish: Wish; onClose: () => void; onDone: () => void }) {
  const m = more().wish
  const [partner, setPartner] = useState(wish.partner)
  const [busy, setBusy] = useState(false)
  const [fault, setFault] = useState('')
  const save = async (event: Event) => {
    event.preventDefault()
    setBusy(true)
    const refused = await attempt(phone.wish(wish.sector.id, partner.trim()))
    setBusy(false)
    if (refused) return setFault(problem(refused.code))
    onClose()
    onDone()
  }
  return (
    <Sheet title={wish.sector.name} onClose={onClose}>
      <form class="stack" onSubmit={save}>
        <Field label={m.partner} hint={m.partner_hint} value={partner} onInput={setPartner} error={fault} input={{ maxLength: 80, enterkeyhint: 'done' }} />
        <Button submit kind="main" busy={busy}>
          {m.save}
        </Button>
      </form>
    </Sheet>
  )
}
