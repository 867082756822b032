// How contributions are paid; no amounts, which are told where they are paid.
import { Icon, type IconName, Note, Title } from '../../shared/ui/ui'
import { icons } from './icons'
import { usePhone } from './phone'
import { more } from './texts'
import { fill } from './words'

export function Pay() {
  const m = more().pay
  const { card } = usePhone()
  const ways: [icon: IconName, title: string, text: string][] = [
    ['phone', m.jmo, m.jmo_do],
    [icons.tag, m.shop, m.shop_do],
    [icons.card, m.bank, m.bank_do],
    [icons.person, m.agent, m.agent_do],
    ['id', fill(m.branch, { branch: card?.branch ?? '' }), m.branch_do],
  ]
  return (
    <main class="page">
      <Title back="">{m.title}</Title>
      <p class="lead">{m.lead}</p>
      <ul class="rows ways">
        {ways.map(([icon, title, text]) => (
          <li key={title} class="row">
            <span class="face">
              <Icon name={icon} />
            </span>
            <span class="grow">
              <b>{title}</b>
              <small>{text}</small>
            </span>
          </li>
        ))}
      </ul>
      <Note icon={icons.clock}>{m.after}</Note>
    </main>
  )
}
