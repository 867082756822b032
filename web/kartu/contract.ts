// What the screens know of the participant's phone: state to show and things to
// do. The engine (engine.ts) implements it without a framework; the screens
// never touch storage, network or keys. Amounts are whole rupiah, instants Unix
// seconds by the phone's corrected clock, days YYYY-MM-DD. What comes from the
// server is kept on the phone and shown with its age; Held says how old it is.

export type Lang = 'id' | 'en'

export type Phase =
  | 'loading'
  | 'new' // no card on this phone
  | 'ready'
  | 'ended' // the card of this phone is over: revoked, replaced, erased

/** Why a card is, or is not, good today. Shown with its reason and what to do. */
export type Standing =
  | 'active'
  | 'ends_soon' // protection ends within 14 days
  | 'in_arrears'
  | 'inactive'
  | 'unverified'
  | 'restricted' // the person withdrew the consent
  | 'expired' // not renewed for 30 days: needs a network once
  | 'revoked'
  | 'replaced' // the card moved to another phone

export interface Card {
  id: string
  name: string // masked
  shortCode: string
  expiresOn: string
  standing: Standing
  protectedUntil: string // '' unknown
  statusAsOf: string // '' unknown: the day that the branch last said
  branch: string
  checkedAt: number // when the server last said so; 0: never
  segment: string
}

/** What is drawn: the text of the symbol and how long it is fresh. */
export interface Code {
  text: string
  madeAt: number
  freshUntil: number // a new one is made then; 30 s later
}

/** good; off: more than 2 min from the server's time, corrected by difference; set_back: earlier than a signed time that was seen. */
export interface ClockView {
  state: 'good' | 'off' | 'set_back'
  by: number // seconds that the phone is ahead of the server (negative: behind)
}

export interface Held<T> {
  value: T
  at: number // when it came; 0: never had it
}

export interface Place {
  id: string // of the outlet
  name: string
  address: string
  region: string
  regionCode: string
  lat: number | null
  lon: number | null
  zone: string
  hours: { day: number; from: string; to: string }[]
  partner: string
  sector: { id: string; code: string; name: string }
  promos: Promo[]
}

export interface Promo {
  id: string
  title: string
  summary: string // in the chosen language
  exclusions: string
  validTo: string
  needsIdCheck: boolean
  mine: Mine | null // null: not known
}

/** What a promo is for this person now. */
export interface Mine {
  eligible: boolean
  reason: string // code of the counter; '' when eligible
  remaining: number | null // null: no limit
  per: string // day week month year ever; '' none
  until: string // last day of the window, or of the promo
}

export interface Sector {
  id: string
  code: string
  name: string
}

export interface UseItem {
  id: string
  at: number
  partner: string
  outlet: string
  title: string
  gross: number
  discount: number
  net: number
  state: 'recorded' | 'voided' | 'disputed' | 'upheld' | 'reversed'
  receiptCode: string
  receiptUrl: string
  printed: boolean
  canDispute: boolean
  dispute: { at: number; reason: string; decision: string } | null
  fresh: boolean // not seen on this phone yet
}

export interface Uses {
  items: UseItem[]
  more: boolean
  savedThisYear: number
  usesThisYear: number
  year: number
}

export interface Wish {
  sector: Sector
  wished: boolean
  partner: string
}

export interface OwnCard {
  id: string
  form: 'phone' | 'printed'
  state: 'active' | 'revoked' | 'replaced'
  shortCode: string
  expiresOn: string
  thisPhone: boolean
}

export type RequestKind = 'see' | 'export' | 'correct' | 'withdraw' | 'erase'

export interface DataRequest {
  id: string
  kind: RequestKind
  state: 'open' | 'prepared' | 'done' | 'refused' | 'cancelled'
  createdAt: number
  dueAt: number
  answer: string
}

export interface Access {
  at: number
  role: string
  branch: string
  action: string
  reason: string
}

/** The person's own data as the server tells it (GET /v1/my/data), to show and to save. */
export interface OwnData {
  name: string
  birthOn: string
  phone: string
  idNumberMasked: string
  memberships: { kpjMasked: string; segment: string; status: string; protectedUntil: string }[]
  consents: { version: string; givenAt: number; withdrawnAt: number }[]
  note: string
}

export interface Notice {
  version: string
  hash: string
  sections: { heading: string; body: string }[] // in the chosen language
}

/** A stable code; the sentence is under kartu.problems in the words. */
export interface Problem {
  code: string
}

export interface State {
  phase: Phase
  online: boolean // the last request reached the server
  busy: boolean // talking to the server
  card: Card | null
  clock: ClockView
  unseenUses: number
  consentDue: boolean // a newer notice is in force, or none was consented to
  renewal: 'fresh' | 'due' | 'late' // late: within 7 days of its end and not renewed
  settings: { lang: Lang }
  storagePersistent: boolean
  endedBecause: 'revoked' | 'replaced' | 'erased' | '' // '' of a card that is over: nobody says why
  held: number // rises when something that is kept has come anew: ask for it again
}

/** Who asks for a card without a link. */
export interface ClaimForm {
  kind: 'nik' | 'kpj'
  number: string
  birthOn: string
}

export interface Engine {
  state(): State
  subscribe(listener: () => void): () => void
  /** start opens the store, settles the first phase without a network, then refreshes in the background. */
  start(): Promise<void>

  notice(): Promise<Notice | Problem>
  /** activate makes the key on this phone and fetches the card; the consent is that of the notice shown. */
  activate(code: string, notice: Notice): Promise<Problem | null>
  claim(form: ClaimForm): Promise<{ id: string; expiresAt: number } | Problem>
  /** confirm turns the six digits into an activation code. */
  confirm(claimId: string, digits: string): Promise<{ code: string } | Problem>

  /** code makes the symbol's text with a proof of now. Works without a network; null when there is no card to show. */
  code(): Promise<Code | null>

  places(): Promise<Held<Place[]>>
  sectors(): Promise<Held<Sector[]>>
  uses(more?: boolean): Promise<Held<Uses>>
  seen(): Promise<void> // the uses were looked at
  dispute(useId: string, reason: 'not_me' | 'wrong_amount' | 'not_received' | 'other'): Promise<Problem | null>
  wishes(): Promise<Held<Wish[]>>
  wish(sectorId: string, partner: string): Promise<Problem | null>
  unwish(sectorId: string): Promise<Problem | null>

  cards(): Promise<Held<OwnCard[]>>
  lose(cardId: string, reason: 'lost' | 'stolen' | 'holder_request'): Promise<Problem | null>

  data(): Promise<Held<OwnData>>
  /** exported fetches everything for saving, as a JSON text. */
  exported(): Promise<string | Problem>
  requests(): Promise<Held<DataRequest[]>>
  request(kind: RequestKind, note: string): Promise<Problem | null>
  cancel(requestId: string): Promise<Problem | null>
  accesses(): Promise<Held<Access[]>>
  consent(notice: Notice): Promise<Problem | null>

  /** walletUrl is where the Google Wallet pass is saved; '' when the server offers none. */
  walletUrl(): Promise<string>
  refresh(): Promise<void>
  set(settings: Partial<State['settings']>): Promise<void>
  /** forget removes card, key and everything from this phone. */
  forget(): Promise<void>
}
