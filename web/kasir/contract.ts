// What the screens know of the till: state to show and things to do. The engine
// (engine.ts) implements it without a framework; the screens never touch
// storage, network or keys. Amounts are whole rupiah, instants Unix seconds by
// the till's trusted clock, days YYYY-MM-DD.

/** A reason code of the counter; '' means yes. */
export type Reason = string

export type VerdictKind = 'valid' | 'not_valid' | 'cannot_tell'

export type Phase =
  | 'loading'
  | 'new' // not joined: needs an enrolment code
  | 'pending' // joined; the owner has to confirm
  | 'locked' // a cashier has to enter the PIN
  | 'ready'
  | 'revoked' // may only hand in what it still holds

export interface Cashier {
  id: string
  name: string
  locked: boolean
  attemptsLeft: number
}

/** How old the till's data is and whether its clock can be trusted. */
export interface Freshness {
  bundleAt: number // 0: never
  statusAt: number // the oldest status list that is held; 0: none
  statusTooOld: boolean // older than 72 h: PERLU CEK
  clock: 'good' | 'set_back' | 'off' // set_back: earlier than a signed time that was seen; off: more than 5 min from the server's
}

export interface State {
  phase: Phase
  till: { id: string; name: string; fingerprint: string } | null
  outlet: { name: string; partner: string; zone: string } | null
  cashiers: Cashier[]
  cashier: Cashier | null // signed in, null: none or not needed
  online: boolean // the last request reached the server
  unsent: number
  syncing: boolean
  problem: Problem | null // of the last sync: what to do about it
  freshness: Freshness
  settings: Settings
  storagePersistent: boolean
}

export interface Settings {
  lang: 'id' | 'en'
  sound: boolean
  vibration: boolean
  torch: boolean
}

/** A stable code; the sentence is under kasir.problems in the words. */
export interface Problem {
  code: string
}

export interface Offer {
  benefitId: string
  version: number
  title: string
  summary: string // in the chosen language
  eligible: boolean
  reason: Reason
  remaining: number | null // null: unlimited or unknown (offline)
  needsIdCheck: boolean
  offlineLeft: number | null // uses left in this till's allowance; null: not allowed offline
  minGross: number
}

export interface Verdict {
  kind: VerdictKind
  reason: Reason
  card: { form: 'phone' | 'printed'; name: string; expiresOn: string; needsIdCheck: boolean } | null
  offers: Offer[]
  online: boolean // judged by the server
  at: number
  ref?: number // what the engine knows the scan by; hand it back unchanged
}

export interface Sum {
  gross: number
  discount: number
  net: number
  reason: Reason // '' when the promo applies to this bill
}

export interface UseRequest {
  offer: Offer
  gross: number
  receiptNumber: string
  idChecked: boolean
}

export type UseState =
  | 'recorded' // the server has it
  | 'queued' // on this phone, will be sent
  | 'unsure' // asked online, no answer, and this promo cannot be given offline: give no discount yet
  | 'refused'
  | 'voided'

export interface Use {
  key: string // the idempotency key
  state: UseState
  reason: Reason
  flags: string[]
  title: string
  name: string // masked
  gross: number
  discount: number
  net: number
  receiptNumber: string
  receiptCode: string // '' until the server has it
  receiptUrl: string
  at: number
  voidable: boolean // within 15 minutes
  voidUntil: number
}

export interface Totals {
  uses: number
  gross: number
  discount: number
  net: number
}

export interface Engine {
  state(): State
  subscribe(listener: () => void): () => void
  /** start opens the store, begins background work and settles the first phase. */
  start(): Promise<void>

  join(code: string, name: string): Promise<Problem | null>
  /** poll asks whether the owner has confirmed; the engine also does so by itself every few seconds. */
  poll(): Promise<void>

  signIn(cashierId: string, pin: string): Promise<Problem | null>
  signOut(): Promise<void>

  /** scan judges a scanned text or typed short code. Answers by itself without the server when that does not answer in time. */
  scan(text: string): Promise<Verdict>
  /** preview computes the sums of one offer by the till's own rules. */
  preview(verdict: Verdict, offer: Offer, gross: number): Sum
  /** redeem records a use: online, else on this phone. Stored before it answers. */
  redeem(verdict: Verdict, request: UseRequest): Promise<Use>
  /** retry asks again about a use that is unsure; giveUp drops it after the cashier said no discount was given. */
  retry(key: string): Promise<Use>
  giveUp(key: string): Promise<void>
  undo(key: string, reason: string): Promise<Use | Problem>

  today(): Promise<{ uses: Use[]; totals: Totals }>
  sync(): Promise<void>
  set(settings: Partial<Settings>): Promise<void>
  /** leave forgets this till; refused with a problem while something is unsent unless force. */
  leave(force: boolean): Promise<Problem | null>
}
