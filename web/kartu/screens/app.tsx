// The frame: the screen and the tabs, and which screen it is, by the phase of
// the phone and the address.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { go, usePath } from '../../shared/ui/router'
import { Icon, type IconName, later } from '../../shared/ui/ui'
import { update, useUpdate } from '../../shared/ui/update'
import type { Engine } from '../contract'
import { CardScreen } from './card'
import { icons } from './icons'
import { phone, setPhone, usePhone } from './phone'
import { language, speak, w } from './words'

const first = () => import('./first')
const about = () => import('./about')
const find = () => import('./find')
const Start = later(() => first().then((m) => m.Start))
const Claim = later(() => first().then((m) => m.Claim))
const Replace = later(() => first().then((m) => m.Replace))
const Ended = later(() => first().then((m) => m.Ended))
const NoticeScreen = later(() => first().then((m) => m.NoticeScreen))
const Promos = later(() => find().then((m) => m.Promos))
const PlaceScreen = later(() => find().then((m) => m.PlaceScreen))
const History = later(() => about().then((m) => m.History))
const UseScreen = later(() => about().then((m) => m.UseScreen))
const Pay = later(() => about().then((m) => m.Pay))
const Account = later(() => about().then((m) => m.Account))
const Cards = later(() => about().then((m) => m.Cards))
const Wishes = later(() => about().then((m) => m.Wishes))
const MyData = later(() => about().then((m) => m.MyData))
const DataView = later(() => about().then((m) => m.DataView))
const Accesses = later(() => about().then((m) => m.Accesses))

/** preload fetches the screens that come next, so that they open without a network. */
export function preload(): void {
  for (const load of [first, find, about]) load().catch(() => undefined)
}

/** taken is the code that came with the address; it does not stay there. */
function taken(): string {
  const hash = location.hash.slice(1)
  if (!hash || hash.startsWith('/')) return ''
  history.replaceState(null, '', location.pathname + location.search + '#/')
  try {
    return decodeURIComponent(hash).trim()
  } catch {
    return hash
  }
}

/** useActivation is the code of a link that was opened, until it is used or laid aside. */
function useActivation(): [code: string, set: (code: string) => void] {
  const [code, set] = useState(taken)
  useEffect(() => {
    const moved = () => {
      const next = taken()
      if (next) set(next)
    }
    addEventListener('hashchange', moved)
    return () => removeEventListener('hashchange', moved)
  }, [])
  return [code, set]
}

export function App({ engine }: { engine: Engine }) {
  if (phone !== engine) setPhone(engine)
  const state = usePhone()
  const [code, setCode] = useActivation()
  const at = usePath()
  const [lang, setLang] = useState(language)
  useEffect(() => {
    speak(state.settings.lang).then(
      () => setLang(language()),
      () => undefined,
    )
  }, [state.settings.lang])

  const drop = () => setCode('')
  const screen = (): ComponentChildren => {
    const { phase } = state
    const [first = '', second = '', third = ''] = at.split('/')
    if (phase === 'loading') return <main class="page middle"><i class="spin big" role="status" aria-label={w.loading} /></main>
    if (first === 'privasi') return <NoticeScreen key={at} />
    if (first === 'promo' && !code) return second ? <PlaceScreen key={second} id={decodeURIComponent(second)} /> : <Promos />
    if (phase === 'ended' && first !== 'kode' && first !== 'minta' && !code) return <Ended />
    if (phase !== 'ready') return first === 'minta' && !code ? <Claim onCode={setCode} /> : <Start key={code} code={code} onCode={setCode} />
    if (code) return <Replace code={code} onDone={drop} />
    if (first === 'riwayat') return second ? <UseScreen key={second} id={second} /> : <History />
    if (first === 'bayar') return <Pay />
    if (first !== 'akun') return <CardScreen />
    if (second === 'kartu') return <Cards />
    if (second === 'keinginan') return <Wishes />
    if (second !== 'data') return <Account />
    if (third === 'lihat') return <DataView />
    return third === 'akses' ? <Accesses /> : <MyData />
  }

  const open = state.phase === 'ready' && !code
  return (
    <div key={lang} class={open ? 'app framed' : 'app'}>
      <Banner at={at} />
      {screen()}
      {open && <Tabs at={at} unseen={state.unseenUses} />}
    </div>
  )
}

/** Banner is what needs attention above every screen: one thing at a time. */
function Banner({ at }: { at: string }) {
  const { phase, online, unseenUses, consentDue, card } = usePhone()
  const fresh = useUpdate()
  if (fresh) return <Line text={w.banner.update} act={w.banner.update_do} onAct={update} />
  if (phase !== 'ready') return null
  if (unseenUses > 0 && !at.startsWith('riwayat')) {
    const text = unseenUses === 1 ? w.banner.unseen_one : w.banner.unseen.replace('{n}', String(unseenUses))
    return <Line icon={icons.bell} text={text} act={w.banner.unseen_do} onAct={() => go('riwayat')} />
  }
  if (!online && at !== '') return <Line icon="off" text={w.banner.offline_other} />
  if (consentDue && card?.standing !== 'restricted' && at !== 'privasi') {
    return <Line icon="alert" text={w.banner.consent} act={w.banner.consent_do} onAct={() => go('privasi')} />
  }
  return null
}

function Line({ icon, text, act, onAct }: { icon?: IconName; text: string; act?: string; onAct?: () => void }) {
  return (
    <div class={icon === icons.bell || !icon ? 'banner good' : 'banner'} role="status">
      {icon && <Icon name={icon} />}
      <span>{text}</span>
      {act && onAct && (
        <button type="button" onClick={onAct}>
          {act}
        </button>
      )}
    </div>
  )
}

const tabs: [to: string, icon: IconName, name: 'card' | 'promo' | 'history' | 'account'][] = [
  ['', icons.card, 'card'],
  ['promo', icons.tag, 'promo'],
  ['riwayat', icons.clock, 'history'],
  ['akun', icons.person, 'account'],
]

function Tabs({ at, unseen }: { at: string; unseen: number }) {
  const here = at.split('/')[0]
  return (
    <nav class="tabs" aria-label={w.tabs.nav} data-app={w.app}>
      {tabs.map(([to, icon, name]) => (
        <a key={to} href={'#/' + to} aria-current={here === to ? 'page' : undefined}>
          <Icon name={icon} />
          {w.tabs[name]}
          {name === 'history' && here !== to && unseen > 0 && <b class="count">{unseen}</b>}
        </a>
      ))}
    </nav>
  )
}
