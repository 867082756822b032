// The person's data as the server holds it, and who looked at it.
import { day, dayOf, time } from '../../shared/ui/format'
import { Icon, Title } from '../../shared/ui/ui'
import type { Access, OwnData } from '../contract'
import { icons } from './icons'
import { Age, Empty, Missing, Spinner } from './parts'
import { phone, useHeld } from './phone'
import { more } from './texts'
import { fill } from './words'

export function DataView() {
  const m = more().data
  const [held, reload] = useHeld(() => phone.data())
  return (
    <main class="page">
      <Title back="akun/data">{m.view}</Title>
      <Age held={held} />
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && <Shown data={held.value} />}
    </main>
  )
}

type Pair = [name: string, value: string]

const Facts = ({ rows }: { rows: Pair[] }) => (
  <dl class="facts wide">
    {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={name + 'v'}>{value || more().data.none}</dd>])}
  </dl>
)

const named = (names: Record<string, string>, code: string): string => names[code] ?? code

function Shown({ data }: { data: OwnData }) {
  const m = more().data
  return (
    <>
      <section class="group">
        <Facts
          rows={[
            [m.name, data.name],
            [m.born, data.birthOn && day(data.birthOn)],
            [m.phone, data.phone],
            [m.nik, data.idNumberMasked],
          ]}
        />
        {data.note && <p class="hint">{data.note}</p>}
      </section>
      {data.memberships.map((one) => (
        <section key={one.kpjMasked} class="group">
          <h2>{m.membership}</h2>
          <Facts
            rows={[
              [m.kpj, one.kpjMasked],
              [m.segment, named(m.segments, one.segment)],
              [m.status, named(m.statuses, one.status)],
              [m.until, one.protectedUntil && day(one.protectedUntil)],
            ]}
          />
        </section>
      ))}
      <section class="group">
        <h2>{m.consents}</h2>
        {data.consents.length === 0 && <p class="hint">{m.none}</p>}
        <ul class="stack">
          {data.consents.map((consent) => (
            <li key={consent.givenAt}>
              {fill(m.consent_given, { day: dayOf(consent.givenAt), version: consent.version })}
              {consent.withdrawnAt > 0 && <small> · {fill(m.consent_ended, { day: dayOf(consent.withdrawnAt) })}</small>}
            </li>
          ))}
        </ul>
      </section>
    </>
  )
}

export function Accesses() {
  const m = more().data
  const [held, reload] = useHeld(() => phone.accesses())
  return (
    <main class="page">
      <Title back="akun/data">{m.accesses}</Title>
      <p>{m.accesses_what}</p>
      <Age held={held} />
      {!held && <Spinner />}
      {held && !held.at && <Missing onAgain={() => void reload()} />}
      {held && held.at > 0 && held.value.length === 0 && <Empty icon={icons.eye} title={m.accesses_empty} />}
      <ul class="rows">
        {held?.value.map((access) => (
          <One key={access.at + access.action + access.role} access={access} />
        ))}
      </ul>
    </main>
  )
}

function One({ access }: { access: Access }) {
  const m = more().data
  const roles: Record<string, string> = m.roles
  const actions: Record<string, string> = m.actions
  const why: Record<string, string> = m.why
  const who = [roles[access.role] ?? m.roles.other, access.branch].filter(Boolean).join(' ')
  return (
    <li class="row">
      <span class="face">
        <Icon name={icons.eye} />
      </span>
      <span class="grow">
        <b>
          {who} {actions[access.action] ?? m.actions.other}
        </b>
        <small>{why[access.reason] ?? m.why.other}</small>
        <small>
          {dayOf(access.at)}, {time(access.at)}
        </small>
      </span>
    </li>
  )
}
