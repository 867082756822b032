// The owner's page: sign in, choose an outlet, look after its tills and
// cashiers. Loaded only where it is opened; it needs a network.
import { useEffect, useState } from 'preact/hooks'

import { Button, Icon, Title } from '../../../shared/ui/ui'
import { language, speak, w } from '../words'
import { OutletPage } from './outlet'
import { Refused, requests, sentence, words, type Account, type Outlet, type Partner } from './requests'
import { SignIn } from './signin'

export default function Owner() {
  const [account, setAccount] = useState<Account | null | undefined>(undefined)
  const [fault, setFault] = useState('')
  const m = words()
  const begin = () => {
    setFault('')
    requests.me().then(setAccount, (no: unknown) => {
      if (no instanceof Refused && (no.status === 401 || no.status === 403)) setAccount(null)
      else setFault(sentence(no))
    })
  }
  useEffect(begin, [])

  const [lang, setLang] = useState(language)
  const other = lang === 'id' ? 'en' : 'id'
  const translate = () => void speak(other).then(() => setLang(language()), () => undefined)
  const signOut = () => void requests.signOut().then(() => setAccount(null), () => setAccount(null))
  return (
    <div class="app owner" key={lang}>
      <header class="strip">
        <div>
          <b>{m.title}</b>
          <span class="net">{account?.name}</span>
        </div>
        <button type="button" class="link" lang={other} onClick={translate}>
          {m.other_language}
        </button>
        {account && (
          <button type="button" class="link" onClick={signOut}>
            {m.sign_out}
          </button>
        )}
      </header>
      {account && <Choose account={account} onLost={() => setAccount(null)} />}
      {account === null && <SignIn onIn={setAccount} />}
      {account === undefined && (
        <main class="page middle">
          {fault ? <p role="alert">{fault}</p> : <i class="spin big" role="status" aria-label={w.loading} />}
          {fault && <Button onClick={begin}>{w.try_again}</Button>}
        </main>
      )}
    </div>
  )
}

/** mine finds the outlets that the account looks after, or the partners to choose from first. */
async function mine(account: Account): Promise<{ outlets: Outlet[]; partners: Partner[] }> {
  const partners = new Set<string>()
  const single = new Set<string>()
  for (const { scope } of account.grants) {
    if (scope.partner_id) partners.add(scope.partner_id)
    if (scope.outlet_id) single.add(scope.outlet_id)
  }
  const own = await Promise.all([...partners].map(requests.outlets))
  const others = await Promise.all([...single].map(requests.outlet))
  const outlets = [...own.flat(), ...others]
  return { outlets, partners: outlets.length || partners.size ? [] : await requests.partners() }
}

function Choose({ account, onLost }: { account: Account; onLost: () => void }) {
  const [found, setFound] = useState<{ outlets: Outlet[]; partners: Partner[] } | null>(null)
  const [chosen, setChosen] = useState<Outlet | null>(null)
  const [fault, setFault] = useState('')
  const m = words()
  const failed = (no: unknown) => {
    if (no instanceof Refused && no.status === 401) onLost()
    else setFault(sentence(no))
  }
  const show = ({ outlets, partners }: { outlets: Outlet[]; partners: Partner[] }) => {
    setFound({ outlets, partners })
    const open = outlets.filter((o) => o.state === 'active')
    if (open.length === 1) setChosen(open[0] ?? null)
  }
  const load = () => {
    setFault('')
    mine(account).then(show, failed)
  }
  useEffect(load, [])

  if (chosen) {
    const several = (found?.outlets.length ?? 0) > 1
    return <OutletPage key={chosen.id} outlet={chosen} onLost={onLost} {...(several && { onBack: () => setChosen(null) })} />
  }
  if (!found) {
    return (
      <main class="page middle">
        {fault ? <p role="alert">{fault}</p> : <i class="spin big" role="status" aria-label={w.loading} />}
        {fault && <Button onClick={load}>{w.try_again}</Button>}
      </main>
    )
  }
  const asking = found.outlets.length === 0 && found.partners.length > 0
  return (
    <main class="page">
      <Title>{asking ? m.partners : m.outlets}</Title>
      {fault && <p role="alert">{fault}</p>}
      {!asking && found.outlets.length === 0 && <p class="lead">{m.no_outlets}</p>}
      <ul class="rows">
        {asking
          ? found.partners.map((p) => <Row key={p.id} name={p.name} onClick={() => void requests.outlets(p.id).then((outlets) => show({ outlets, partners: found.partners }), failed)} />)
          : found.outlets.map((o) => (
              <Row key={o.id} name={o.name} about={o.state === 'closed' ? m.outlet_closed : o.address} onClick={() => setChosen(o)} />
            ))}
      </ul>
    </main>
  )
}

const Row = ({ name, about, onClick }: { name: string; about?: string; onClick: () => void }) => (
  <li>
    <button type="button" class="row" onClick={onClick}>
      <span class="grow">
        <b>{name}</b>
        {about && <small>{about}</small>}
      </span>
      <Icon name="next" />
    </button>
  </li>
)
