// An engine of made-up answers, to develop and look at the screens without a
// server: not part of what is built. The address chooses:
// ?fake&phase=ready|new|ended|loading &standing=active|ends_soon|in_arrears|…
// &ended=revoked|replaced|erased &clock=off|slow|set_back &renewal=late &lang=en
// &offline &old &never &empty &new=1 &consent &nocode &problem=code &wallet &slow
import type {
  Access, Card, Code, DataRequest, Engine, Held, Lang, Mine, Notice, OwnCard, OwnData, Place, Problem, Promo, Sector, Standing, State, UseItem, Wish,
} from './contract'

const asked = new URLSearchParams(location.search)
const is = (name: string): boolean => asked.has(name)
const seconds = (): number => Math.floor(Date.now() / 1000)
const daysFrom = (n: number): string => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10)

const symbol = (): string => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const noise = Array.from({ length: 303 }, () => letters[Math.floor(Math.random() * 32)]).join('')
  return 'HTTPS://KARTU.EXAMPLE/1/' + noise
}

const card = (): Card => {
  const standing = (asked.get('standing') ?? 'active') as Standing
  return {
    id: 'c1', name: asked.get('name') ?? 'SITI A*****', shortCode: 'K7M29QXA', expiresOn: daysFrom(is('renewal') ? 4 : 27), standing,
    protectedUntil: daysFrom(standing === 'ends_soon' ? 9 : 60), statusAsOf: daysFrom(-3), branch: 'Palu',
    checkedAt: is('never') ? 0 : seconds() - (is('offline') ? 11_000 : 90), segment: 'bpu',
  }
}

const sectors: Sector[] = [
  { id: 's1', code: 'bengkel', name: 'Bengkel motor' }, { id: 's2', code: 'apotek', name: 'Apotek' }, { id: 's3', code: 'makan', name: 'Rumah makan' },
  { id: 's4', code: 'tani', name: 'Toko tani' }, { id: 's5', code: 'sembako', name: 'Sembako' }, { id: 's6', code: 'kacamata', name: 'Kacamata' },
]

const free: Mine = { eligible: true, reason: '', remaining: 2, per: 'month', until: daysFrom(8) }
const usedUp: Mine = { eligible: false, reason: 'limit_participant', remaining: 0, per: 'month', until: daysFrom(8) }
const notNow: Mine = { eligible: false, reason: 'membership_in_arrears', remaining: null, per: '', until: '' }

function promo(id: string, title: string, summary: string, mine: Mine): Promo {
  const lapsed = !['active', 'ends_soon'].includes(asked.get('standing') ?? 'active')
  return {
    id, title, summary, exclusions: id === 'p1' ? 'Suku cadang, oli, dan ban.' : '', validTo: daysFrom(120), needsIdCheck: id === 'p3',
    mine: is('never') || asked.get('phase') === 'new' ? null : lapsed ? notNow : mine,
  }
}

const week = (from: string, to: string) => [1, 2, 3, 4, 5, 6].map((day) => ({ day, from, to }))

const servis = () => promo('p1', 'Diskon jasa servis 20%', '20% dari ongkos kerja, paling banyak Rp50.000.', free)
const oli = () => promo('p2', 'Ganti oli hemat Rp15.000', 'Potongan Rp15.000 untuk oli apa saja.', usedUp)
const obat = () => promo('p3', 'Diskon vitamin 10%', '10% untuk vitamin dan alat kesehatan.', { ...free, remaining: null, per: '', until: '' })

function place(n: number, name: string, region: string, [lat, lon]: [number, number], of: [number, Promo[]]): Place {
  return {
    id: 'o' + n, name, address: `Jl. Monginsidi No. ${n * 7}`, region, regionCode: '72.71', lat, lon, zone: 'Asia/Makassar',
    hours: n % 5 === 0 ? [] : week('08:00', n % 3 ? '17:00' : '21:00'), partner: name.replace(/ (Monginsidi|Poso|Tolitoli|Luwuk)$/, ''),
    sector: sectors[of[0]]!, promos: of[1],
  }
}

const places: Place[] = [
  place(1, 'AHASS Monginsidi', 'Kota Palu', [-0.905, 119.871], [0, [servis(), oli()]]),
  place(2, 'Apotek Sehat Bersama', 'Kota Palu', [-0.898, 119.882], [1, [obat()]]),
  place(3, 'Bengkel Jaya Motor Poso', 'Kab. Poso', [-1.397, 120.752], [0, [servis()]]),
  place(4, 'Toko Tani Makmur', 'Kab. Parigi Moutong', [-0.797, 120.176], [3, [oli()]]),
  place(5, 'RM Kaledo Stereo', 'Kota Palu', [-0.888, 119.861], [2, [oli(), servis(), obat()]]),
  place(6, 'Bengkel Sinar Tolitoli', 'Kab. Tolitoli', [1.046, 120.818], [0, [servis()]]),
  place(7, 'Apotek Luwuk', 'Kab. Banggai', [-0.951, 122.789], [1, [oli()]]),
  { ...place(8, 'Toko Sembako Ibu Rahma', 'Kab. Sigi', [0, 0], [4, [oli()]]), lat: null, lon: null },
]

function use(n: number, part: Partial<UseItem> = {}): UseItem {
  return {
    id: 'u' + n, at: seconds() - n * 1_100_000, partner: 'AHASS Monginsidi', outlet: 'AHASS Monginsidi Palu', title: 'Diskon jasa servis 20%', gross: 250_000,
    discount: 50_000, net: 200_000, state: 'recorded', receiptCode: 'R7K2-9QXM', receiptUrl: 'https://kartu.example/r/R7K29QXM', printed: false,
    canDispute: n < 5, dispute: null, fresh: false, ...part,
  }
}

const past = (): UseItem[] => [
  use(0.01, { id: 'u1', fresh: is('new') }),
  use(1, { id: 'u2', partner: 'Apotek Sehat Bersama', outlet: 'Apotek Sehat Bersama', title: 'Diskon vitamin 10%', gross: 84_000, discount: 8_400, net: 75_600, printed: true }),
  use(2, { id: 'u3', state: 'disputed', canDispute: false, dispute: { at: seconds() - 90_000, reason: 'not_me', decision: '' } }),
  use(3, { id: 'u4', state: 'voided', title: 'Ganti oli hemat Rp15.000', gross: 90_000, discount: 15_000, net: 75_000, canDispute: false }),
  use(5, { id: 'u5', state: 'reversed', canDispute: false, dispute: { at: seconds() - 3_000_000, reason: 'wrong_amount', decision: 'reverse' } }),
  use(6, { id: 'u6', state: 'upheld', canDispute: false, dispute: { at: seconds() - 4_000_000, reason: 'not_received', decision: 'uphold' } }),
]

const notice: Notice = {
  version: '2026-1', hash: 'x',
  sections: [
    { heading: 'Siapa kami', body: 'Program Kartu Promo Peserta dikelola kantor cabang Palu.' },
    { heading: 'Data apa yang disimpan', body: 'Nama, tanggal lahir, nomor HP, NIK dan KPJ, status kepesertaan, dan catatan penggunaan promo.\nGerai hanya melihat nama yang disamarkan.' },
    { heading: 'Untuk apa', body: 'Supaya gerai tahu bahwa kartu berlaku dan promo apa yang boleh dipakai.' },
    { heading: 'Hak Anda', body: 'Melihat, menyalin, memperbaiki, menarik persetujuan, dan menghapus data. Dijawab paling lambat 3 × 24 jam.' },
  ],
}

const ownData = (): OwnData => ({
  name: 'SITI AMINAH', birthOn: '1966-04-17', phone: '0812 3456 7890', idNumberMasked: '············4321',
  memberships: [{ kpjMasked: '·······8812', segment: 'bpu', status: 'active', protectedUntil: daysFrom(60) }],
  consents: [{ version: '2026-1', givenAt: seconds() - 2_000_000, withdrawnAt: 0 }], note: 'NIK dan KPJ disamarkan sampai empat angka terakhir.',
})

const accessed = (): Access[] => [
  { at: seconds() - 50_000, role: 'branch_officer', branch: 'Palu', action: 'view', reason: 'service' },
  { at: seconds() - 900_000, role: 'data_protection_officer', branch: '', action: 'data_request', reason: 'data_request' },
]

export function createFake(): Engine {
  const listeners = new Set<() => void>()
  const phase = (asked.get('phase') ?? 'ready') as State['phase']
  const clock = asked.get('clock')
  let uses = is('empty') ? [] : past()
  let wishes: Wish[] = sectors.map((sector, i) => ({ sector, wished: i === 2, partner: i === 2 ? 'RM Bu Ida' : '' }))
  let cards: OwnCard[] = [
    { id: 'c1', form: 'phone', state: 'active', shortCode: 'K7M29QXA', expiresOn: daysFrom(27), thisPhone: true },
    { id: 'c2', form: 'printed', state: 'active', shortCode: 'P3D8WXZ2', expiresOn: daysFrom(300), thisPhone: false },
    { id: 'c0', form: 'phone', state: 'replaced', shortCode: 'A1B2C3D4', expiresOn: daysFrom(-3), thisPhone: false },
  ]
  let requests: DataRequest[] = is('empty')
    ? []
    : [{ id: 'r1', kind: 'correct', state: 'done', createdAt: seconds() - 900_000, dueAt: seconds() - 640_000, answer: 'Nomor HP sudah diganti.' }]
  let state: State = {
    phase, online: !is('offline'), busy: false, card: phase === 'new' || phase === 'loading' ? null : card(),
    clock: { state: clock === 'set_back' ? 'set_back' : clock ? 'off' : 'good', by: clock === 'slow' ? -1260 : clock === 'off' ? 420 : 0 },
    unseenUses: Number(asked.get('new') ?? 0), consentDue: is('consent'), renewal: is('renewal') ? 'late' : 'fresh',
    settings: { lang: (asked.get('lang') ?? 'id') as Lang }, storagePersistent: true,
    held: 0, endedBecause: phase === 'ended' ? ((asked.get('ended') ?? 'replaced') as State['endedBecause']) : '',
  }
  const change = (part: Partial<State>): void => {
    state = { ...state, ...part }
    for (const listener of listeners) listener()
  }
  const later = (ms = is('slow') ? 60_000 : 150) => new Promise<void>((done) => setTimeout(done, ms))
  const held = async <T>(value: T, none: T): Promise<Held<T>> => {
    await later()
    return is('never') ? { value: none, at: 0 } : { value, at: seconds() - (is('offline') || is('old') ? 93_000 : 5) }
  }
  /** act does something unless the address asks for a problem. */
  const act = async (work: () => void): Promise<Problem | null> => {
    await later(400)
    if (is('problem')) return { code: asked.get('problem') ?? 'other' }
    work()
    return null
  }
  const setCard = (part: Partial<Card>) => state.card && change({ card: { ...state.card, ...part } })
  const wished = (id: string, on: boolean, partner: string) => {
    wishes = wishes.map((one) => (one.sector.id === id ? { ...one, wished: on, partner } : one))
  }

  return {
    state: () => state,
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: () => later(50),
    notice: async () => {
      await later()
      return asked.get('problem') === 'offline' ? { code: 'offline' } : notice
    },
    activate: async (code) => (code.startsWith('X') ? { code: 'activation_invalid' } : act(() => change({ phase: 'ready', card: card() }))),
    claim: async () => (await act(() => undefined)) ?? { id: 'k1', expiresAt: seconds() + 300 },
    confirm: async (_, digits) => {
      await later(400)
      return digits === '204816' ? { code: 'AB12CD34EF56GH78JK90MN12PQ' } : { code: 'claim_code_invalid' }
    },
    code: async (): Promise<Code | null> => (is('nocode') ? null : { text: symbol(), madeAt: seconds() - state.clock.by, freshUntil: seconds() - state.clock.by + 30 }),
    places: () => held(is('empty') ? [] : places, []),
    sectors: () => held(sectors, []),
    uses: () => held({ items: uses, more: uses.length > 5, savedThisYear: uses.length ? 437_400 : 0, usesThisYear: uses.length, year: 2026 }, { items: [], more: false, savedThisYear: 0, usesThisYear: 0, year: 2026 }),
    seen: async () => change({ unseenUses: 0 }),
    dispute: (id, reason) =>
      act(() => {
        uses = uses.map((u) => (u.id === id ? { ...u, state: 'disputed', canDispute: false, dispute: { at: seconds(), reason, decision: '' } } : u))
      }),
    wishes: () => held(is('empty') ? [] : wishes, []),
    wish: (id, partner) => act(() => wished(id, true, partner)),
    unwish: (id) => act(() => wished(id, false, '')),
    cards: () => held(cards, []),
    lose: (id) =>
      act(() => {
        cards = cards.map((one) => (one.id === id ? { ...one, state: 'revoked' } : one))
        if (id === 'c1') change({ phase: 'ended', endedBecause: 'revoked' })
      }),
    data: () => held(ownData(), ownData()),
    exported: async () => {
      await later(600)
      return is('problem') ? { code: asked.get('problem') ?? 'other' } : JSON.stringify(ownData(), null, 2)
    },
    requests: () => held(requests, []),
    request: (kind) =>
      act(() => {
        const done = kind === 'withdraw'
        if (done) setCard({ standing: 'restricted' })
        requests = [{ id: `r${requests.length + 2}`, kind, state: done ? 'done' : 'open', createdAt: seconds(), dueAt: seconds() + 259_200, answer: '' }, ...requests]
      }),
    cancel: (id) => act(() => (requests = requests.map((r) => (r.id === id ? { ...r, state: 'cancelled' } : r)))),
    accesses: () => held(is('empty') ? [] : accessed(), []),
    consent: () =>
      act(() => {
        change({ consentDue: false })
        setCard({ standing: 'active' })
      }),
    walletUrl: async () => (is('wallet') ? 'https://pay.google.com/gp/v/save/x' : ''),
    refresh: () => later(900),
    set: async (settings) => change({ settings: { ...state.settings, ...settings } }),
    forget: async () => change({ phase: 'new', card: null }),
  }
}
