// An engine of made-up answers, to develop and look at the screens without a
// server: not part of what is built. The address chooses:
// ?fake&phase=ready|new|pending|locked|revoked|loading &lang=en &offline
// &unsent=3 &old &clock=off|set_back &empty &redeem=queued|unsure|refused
// &card=valid|printed|not_valid|cannot_tell|foreign|none &problem=code &locked &one
import type { Cashier, Engine, Offer, Problem, Settings, State, Totals, Use, UseState, Verdict } from './contract'

const asked = new URLSearchParams(location.search)
const is = (name: string): boolean => asked.has(name)
const seconds = (): number => Math.floor(Date.now() / 1000)

const offers: Offer[] = [
  {
    benefitId: 'b1', version: 2, title: 'Diskon jasa servis 20%', summary: '20% dari jasa, paling banyak Rp50.000', eligible: true, reason: '',
    remaining: 2, needsIdCheck: false, offlineLeft: 12, minGross: 50_000,
  },
  {
    benefitId: 'b2', version: 1, title: 'Ganti oli hemat', summary: 'Potongan Rp15.000 untuk oli', eligible: true, reason: '',
    remaining: null, needsIdCheck: false, offlineLeft: 5, minGross: 0,
  },
  {
    benefitId: 'b3', version: 1, title: 'Paket servis lengkap', summary: 'Rp175.000 sekali servis', eligible: false, reason: 'limit_participant',
    remaining: 0, needsIdCheck: false, offlineLeft: null, minGross: 0,
  },
]

const verdicts: Record<string, Partial<Verdict>> = {
  valid: {},
  printed: { card: { form: 'printed', name: 'MUHAMMAD RIZKY A*****', expiresOn: '2027-03-31', needsIdCheck: true } },
  none: { offers: offers.slice(2) },
  not_valid: { kind: 'not_valid', reason: 'membership_inactive', card: null, offers: [] },
  code_stale: { kind: 'not_valid', reason: 'code_stale', card: null, offers: [] },
  cannot_tell: { kind: 'cannot_tell', reason: 'status_list_stale', card: null, offers: [] },
  foreign: { kind: 'not_valid', reason: 'not_our_card', card: null, offers: [] },
}

const use = (key: string, state: UseState, more: Partial<Use> = {}): Use => ({
  key, state, reason: '', flags: [], title: offers[0]!.title, name: 'SITI A*****', gross: 250_000, discount: 50_000, net: 200_000,
  receiptNumber: '', receiptCode: state === 'recorded' ? 'R7K2-9QXM' : '', receiptUrl: state === 'recorded' ? 'https://kartu.example/r/R7K29QXM' : '',
  at: seconds() - 60, voidable: true, voidUntil: seconds() + 840, ...more,
})

const past: Use[] = [
  use('u5', 'queued', { name: 'BUDI S*****', receiptNumber: 'A-1042', flags: [] }),
  use('u4', 'unsure', { name: 'RINA M*****', title: 'Paket servis lengkap', gross: 300_000, discount: 125_000, net: 175_000 }),
  use('u3', 'recorded', { at: seconds() - 2_400, receiptNumber: 'A-1041', voidable: false, voidUntil: 0, flags: ['over_limit'] }),
  use('u2', 'refused', { at: seconds() - 5_000, reason: 'limit_participant', name: 'AGUS W*****', title: 'Ganti oli hemat', discount: 15_000, net: 235_000 }),
  use('u1', 'voided', { at: seconds() - 9_000, title: 'Ganti oli hemat', gross: 90_000, discount: 15_000, net: 75_000, receiptNumber: 'A-1039' }),
]

const cashiers: Cashier[] = [
  { id: 'c1', name: 'Sari', locked: false, attemptsLeft: 5 },
  { id: 'c2', name: 'Pak Anto', locked: is('locked'), attemptsLeft: is('locked') ? 0 : 5 },
  { id: 'c3', name: 'Dewi', locked: false, attemptsLeft: 5 },
]

export function createFake(): Engine {
  const listeners = new Set<() => void>()
  let uses = is('empty') ? [] : [...past]
  let state: State = {
    phase: (asked.get('phase') ?? 'ready') as State['phase'],
    till: { id: 't1', name: 'Kasir depan', fingerprint: '482913' },
    outlet: { name: 'AHASS Monginsidi Palu', partner: 'CV Anugerah Perdana Monginsidi', zone: 'Asia/Makassar' },
    cashiers: is('one') ? cashiers.slice(0, 1) : cashiers,
    cashier: cashiers[0]!,
    online: !is('offline'),
    unsent: Number(asked.get('unsent') ?? 0),
    syncing: false,
    problem: is('problem') ? { code: asked.get('problem') ?? '' } : null,
    freshness: {
      bundleAt: seconds() - 18_000,
      statusAt: is('old') ? seconds() - 300_000 : is('offline') ? seconds() - 18_000 : seconds() - 40,
      statusTooOld: is('old'),
      clock: (asked.get('clock') ?? 'good') as State['freshness']['clock'],
    },
    settings: { lang: asked.get('lang') === 'en' ? 'en' : 'id', sound: true, vibration: true, torch: false },
    storagePersistent: !is('loose'),
  }
  const change = (part: Partial<State>): void => {
    state = { ...state, ...part }
    for (const listener of listeners) listener()
  }
  const later = (ms = 250) => new Promise<void>((done) => setTimeout(done, ms))
  const totals = (): Totals => {
    const counted = uses.filter((u) => u.state === 'recorded' || u.state === 'queued')
    const sum = (of: (u: Use) => number) => counted.reduce((n, u) => n + of(u), 0)
    return { uses: counted.length, gross: sum((u) => u.gross), discount: sum((u) => u.discount), net: sum((u) => u.net) }
  }

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: () => later(50),
    join: async (code): Promise<Problem | null> => {
      await later()
      if (code.toUpperCase().startsWith('X')) return { code: 'enrolment_code_invalid' }
      change({ phase: 'pending' })
      return null
    },
    poll: async () => {
      await later()
      change({ phase: 'ready' })
    },
    signIn: async (id, pin): Promise<Problem | null> => {
      await later()
      if (pin === '204816') {
        change({ phase: 'ready', cashier: state.cashiers.find((c) => c.id === id) ?? null })
        return null
      }
      change({
        cashiers: state.cashiers.map((c) => (c.id === id ? { ...c, attemptsLeft: c.attemptsLeft - 1, locked: c.attemptsLeft <= 1 } : c)),
      })
      return { code: 'pin_wrong' }
    },
    signOut: async () => change({ phase: 'locked', cashier: null }),
    scan: async (): Promise<Verdict> => {
      await later()
      return {
        kind: 'valid', reason: '', card: { form: 'phone', name: 'SITI A*****', expiresOn: '2026-12-31', needsIdCheck: false },
        offers, online: state.online, at: seconds(), ...verdicts[asked.get('card') ?? 'valid'],
      }
    },
    preview: (_, offer, gross) => {
      const full = offer.benefitId === 'b1' ? Math.min(50_000, Math.floor(gross / 5)) : Math.min(15_000, gross)
      const low = gross < offer.minGross
      return { gross, discount: low ? 0 : full, net: gross - (low ? 0 : full), reason: low ? 'below_minimum' : '' }
    },
    redeem: async (verdict, { offer, gross, receiptNumber }): Promise<Use> => {
      await later(500)
      const how = (asked.get('redeem') ?? 'recorded') as UseState
      const discount = Math.min(50_000, Math.floor(gross / 5))
      const done = use('u' + (uses.length + 1), how, {
        title: offer.title, name: verdict.card?.name ?? '', gross, discount, net: gross - discount, receiptNumber,
        at: seconds(), voidUntil: seconds() + 900, reason: how === 'refused' ? 'limit_participant' : '',
      })
      uses = [done, ...uses]
      if (how === 'queued') change({ unsent: state.unsent + 1 })
      return done
    },
    retry: async (key): Promise<Use> => {
      await later(800)
      const asking = uses.find((u) => u.key === key)!
      const answered = use(key, 'recorded', { ...asking, state: 'recorded', receiptCode: 'R7K2-9QXM', receiptUrl: 'https://kartu.example/r/R7K29QXM' })
      uses = uses.map((u) => (u.key === key ? answered : u))
      return answered
    },
    giveUp: async (key) => {
      uses = uses.filter((u) => u.key !== key)
    },
    undo: async (key): Promise<Use | Problem> => {
      await later()
      const done: Use = { ...uses.find((u) => u.key === key)!, state: 'voided', voidable: false }
      uses = uses.map((u) => (u.key === key ? done : u))
      return done
    },
    today: async () => ({ uses, totals: totals() }),
    sync: async () => {
      change({ syncing: true })
      await later(900)
      change({ syncing: false, unsent: state.online ? 0 : state.unsent, problem: state.online ? null : { code: 'offline' } })
    },
    set: async (settings: Partial<Settings>) => change({ settings: { ...state.settings, ...settings } }),
    leave: async (force): Promise<Problem | null> => {
      if (state.unsent && !force) return { code: 'unsent' }
      change({ phase: 'new', till: null, outlet: null })
      return null
    },
  }
}
