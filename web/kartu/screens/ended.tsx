// A card that is over: why, and what to do.
import { go } from '../../shared/ui/router'
import { Button, Icon, Note, Title } from '../../shared/ui/ui'
import { icons } from './icons'
import { usePhone } from './phone'
import { more } from './texts'
import { fill } from './words'

export function Ended() {
  const { card, endedBecause } = usePhone()
  const m = more()
  const why = endedBecause || 'over'
  return (
    <main class="page">
      <span class={why === 'erased' ? 'badge calm' : 'badge'}>
        <Icon name={why === 'replaced' ? 'phone' : why === 'erased' ? 'check' : 'lock'} />
      </span>
      <Title>{m.ended[why]}</Title>
      <p class="lead">{m.ended[`${why}_do`]}</p>
      {why !== 'erased' && card?.branch && <Note icon={icons.person}>{fill(m.ended.branch, { branch: card.branch })}</Note>}
      <Button kind="main" onClick={() => go('kode')}>
        {m.ended.new}
      </Button>
      <Button kind="ghost" icon={icons.tag} onClick={() => go('promo')}>
        {m.start.promos}
      </Button>
    </main>
  )
}
