// The frame: status at the top, the screen, the three tabs; and which screen
// it is, by the till's phase and the address.
import type { ComponentChildren } from 'preact'
import { useEffect, useState } from 'preact/hooks'

import { age } from '../../shared/ui/format'
import { useNow } from '../../shared/ui/now'
import { go, path, usePath } from '../../shared/ui/router'
import { Icon, type IconName, later } from '../../shared/ui/ui'
import type { Use, Verdict } from '../contract'
import { Banners } from './banners'
import { signal } from './feedback'
import { icons } from './icons'
import { Scan } from './scan'
import { till, useTill } from './till'
import { VerdictScreen } from './verdict'
import { fill, language, speak, w } from './words'

const flow = () => import('./flow')
const more = () => import('./more')
const Bill = later(() => flow().then((m) => m.Bill))
const Receipt = later(() => flow().then((m) => m.Receipt))
const Pin = later(() => flow().then((m) => m.Pin))
const Today = later(() => more().then((m) => m.Today))
const Settings = later(() => more().then((m) => m.SettingsScreen))
const Join = later(() => more().then((m) => m.Join))
const Pending = later(() => more().then((m) => m.Pending))
const Revoked = later(() => more().then((m) => m.Revoked))

/** preload fetches the screens that come next, so that they open without a network. */
export function preload(): void {
  for (const load of [flow, more]) load().catch(() => undefined)
}

export function App() {
  const state = useTill()
  const at = usePath()
  const [verdict, setVerdict] = useState<Verdict | null>(null)
  const [offer, setOffer] = useState(0)
  const [use, setUse] = useState<Use | null>(null)
  const [lang, setLang] = useState(language)

  useEffect(() => {
    speak(state.settings.lang).then(
      () => setLang(language()),
      () => undefined,
    )
  }, [state.settings.lang])

  const judged = (v: Verdict) => {
    setVerdict(v)
    setOffer(Math.max(0, v.offers.findIndex((o) => o.eligible)))
    signal(v.kind, till.state().settings)
    go('kartu')
  }
  const recorded = (u: Use) => {
    setUse(u)
    signal(u.state === 'recorded' || u.state === 'queued' ? 'done' : u.state === 'unsure' ? 'cannot_tell' : 'not_valid', state.settings)
    go('bukti', true)
  }

  // A screen of the flow without its card or record is the scanner.
  const lost = (at === 'kartu' || at === 'nota') && !verdict
  useEffect(() => {
    if (lost && path() === at) go('', true) // not while another screen is on its way
    if (at === 'bukti') setVerdict(null)
    if (at === '') setUse(null)
  }, [lost, at])

  const screen = (): ComponentChildren => {
    const { phase } = state
    const [first = '', second = ''] = at.split('/')
    if (phase === 'new' || (first === 'gabung' && phase !== 'loading')) return <Join code={second.replace(/[^0-9A-Za-z]/g, '')} />
    if (phase === 'pending') return <Pending />
    if (phase === 'revoked' && first !== 'hari-ini' && first !== 'setelan') return <Revoked />
    if (phase === 'locked' && first !== 'setelan') return <Pin />
    if (phase === 'loading') return <main class="page middle"><i class="spin big" role="status" aria-label={w.loading} /></main>
    if (first === 'hari-ini') return <Today open={second} />
    if (first === 'setelan') return <Settings />
    if (first === 'bukti') return <Receipt key={use?.key ?? ''} use={use} />
    const chosen = verdict?.offers[offer]
    if (first === 'nota' && verdict && chosen) return <Bill verdict={verdict} offer={chosen} onDone={recorded} />
    const shown = first === 'kartu' && verdict
    return (
      <>
        <Scan active={!shown} onVerdict={judged} />
        {shown && <VerdictScreen key={verdict.at + verdict.reason} verdict={verdict} offer={offer} onOffer={setOffer} />}
      </>
    )
  }

  const colour = at === 'kartu' && verdict ? 'v-' + verdict.kind : ''
  const framed = state.phase === 'ready' || state.phase === 'locked' || state.phase === 'revoked'
  return (
    <div key={lang} class={'app ' + colour}>
      {framed && <Strip />}
      {framed && !colour && <Banners />}
      {screen()}
      {state.phase === 'ready' && /^(|hari-ini.*|setelan)$/.test(at) && <Tabs at={at} />}
      <p class="sr" role="alert">
        {colour && verdict && spoken(verdict)}
      </p>
    </div>
  )
}

/** spoken is what a screen reader says at once. */
function spoken(v: Verdict): string {
  const needs = v.kind === 'valid' && v.card?.needsIdCheck ? w.verdict.id_check : ''
  return [w.verdict[v.kind], v.card?.name, needs].filter(Boolean).join('. ')
}

function Strip() {
  const { outlet, online, unsent, syncing, freshness } = useTill()
  const at = useNow(30)
  const data = freshness.statusAt ? fill(w.strip.card_data, { age: age(freshness.statusAt, at) }) : w.strip.no_data
  return (
    <header class="strip">
      <div>
        <b>{outlet?.name ?? w.app}</b>
        <span class={online ? 'net' : 'net off'}>
          {online ? <i class="dot" /> : <Icon name="off" />}
          {online ? w.strip.online : w.strip.offline} · <span class={freshness.statusTooOld ? 'late' : ''}>{data}</span>
        </span>
      </div>
      {unsent > 0 && (
        <button type="button" class="unsent" onClick={() => go('hari-ini')}>
          {syncing ? <i class="spin" /> : <Icon name="up" />}
          <span>{fill(w.strip.unsent, { n: unsent })}</span>
        </button>
      )}
    </header>
  )
}

const tabs: [to: string, icon: IconName, name: 'scan' | 'today' | 'settings'][] = [
  ['', icons.scan, 'scan'],
  ['hari-ini', 'list', 'today'],
  ['setelan', icons.gear, 'settings'],
]

function Tabs({ at }: { at: string }) {
  return (
    <nav class="tabs" aria-label={w.tabs.nav}>
      {tabs.map(([to, icon, name]) => (
        <a key={to} href={'#/' + to} aria-current={at.split('/')[0] === to ? 'page' : undefined}>
          <Icon name={icon} />
          {w.tabs[name]}
        </a>
      ))}
    </nav>
  )
}
