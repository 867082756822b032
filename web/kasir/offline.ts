// What the till may decide alone: verdicts of cards, promos by their terms and
// by its own uses of today, and whether an allowance still has room.
import type { Code } from '../shared/card'
import { discount } from '../shared/discount'
import { decide, type Facts, localAt, windowOn } from '../shared/terms'
import type { Reason, VerdictKind } from './contract'
import type { Allowance, Core } from './core'
import type { Row } from './store'
import type { Benefit } from './wire'

/** The reason that goes with each code of the card's verification. */
export const reasonOf: Record<Code, Reason> = {
  OK: '', E_SIZE: 'card_malformed', E_FORMAT: 'card_malformed', E_DEVKEY: 'card_malformed', E_ORIGIN: 'not_our_card',
  E_VERSION: 'card_version_unsupported', E_KID: 'card_key_unknown', E_KEY_REVOKED: 'card_key_revoked', E_SIG: 'card_forged',
  E_KEY_PERIOD: 'card_forged', E_EXPIRED: 'card_expired', E_PRINTED: 'printed_not_allowed', E_PROOF_MISSING: 'proof_missing',
  E_PROOF: 'proof_invalid', E_STALE: 'code_stale', E_CLOCK: 'clock_mismatch', E_STATUS_STALE: 'status_list_stale',
  E_REVOKED: 'card_revoked', E_INACTIVE: 'membership_inactive', E_STATUS_UNKNOWN: 'membership_inactive', E_REPLAY: 'code_replayed',
}

/** Codes that leave the question open while there is a server to ask. */
const open: Code[] = ['OK', 'E_STATUS_STALE', 'E_INACTIVE', 'E_STATUS_UNKNOWN']
const timely: Code[] = ['E_EXPIRED', 'E_STALE', 'E_CLOCK']
const unsigned: Code[] = ['E_SIZE', 'E_ORIGIN', 'E_VERSION', 'E_FORMAT', 'E_DEVKEY', 'E_KID', 'E_KEY_REVOKED', 'E_SIG']

/** definitive reports whether the till needs to ask nobody. */
export const definitive = (code: Code, clockTrusted: boolean): boolean => !open.includes(code) && (clockTrusted || !timely.includes(code))

/** genuine reports whether the issuer's signature was found good before the verification ended. */
export const genuine = (code: Code): boolean => !unsigned.includes(code)

export function kindOf(reason: Reason): VerdictKind {
  if (!reason) return 'valid'
  return ['status_list_stale', 'clock_untrusted', 'offline_not_allowed', 'till_revoked'].includes(reason) ? 'cannot_tell' : 'not_valid'
}

/** What is asked about: one use, or (gross 0) whether there may be one. */
export interface Question {
  idx: number
  printed: boolean
  idChecked: boolean
  gross: number
  receiptNumber: string
  key?: string // of the use itself, which does not count against itself
}

const counts = (r: Row): boolean => r.state === 'recorded' || r.state === 'queued' || r.state === 'unsure'

function factsOf(core: Core, b: Benefit, q: Question, rows: Row[]): Facts {
  const { outlet } = core.data!.body
  const local = localAt(core.clock.now(), outlet.zone)
  const today = rows.filter((r) => r.day === local.day && r.key !== q.key && counts(r))
  const mine = today.filter((r) => r.idx === q.idx && q.idx >= 0)
  const ours = mine.filter((r) => r.benefit === b.id)
  const from = windowOn(b.terms.limits.participant?.per ?? 'day', local.day)
  return {
    state: b.state, terms: b.terms, outletId: outlet.id, outletOpen: outlet.open, local, gross: q.gross, printed: q.printed,
    idChecked: q.idChecked, usedInWindow: ours.filter((r) => r.day >= from).length, lastOn: ours.length ? local.day : '',
    usedAtOutlet: today.filter((r) => r.benefit === b.id).length,
    otherOnBill: q.receiptNumber !== '' && mine.some((r) => r.receiptNumber === q.receiptNumber && r.benefit !== b.id),
  }
}

export type Spent = Record<string, { uses: number; amount: number }>

/** room is what an allowance still lets this till give. */
export function room(a: Allowance, spent: Spent): { uses: number; amount: number } {
  const own = spent[a.id] ?? { uses: 0, amount: 0 }
  return { uses: a.uses - a.used - own.uses, amount: a.amount === null ? Infinity : a.amount - a.usedAmount - own.amount }
}

/** allowanceFor returns the allowance of a promo with the most room, if one is in force. */
export function allowanceFor(core: Core, b: Benefit, spent: Spent): Allowance | undefined {
  return core.allowances
    .filter((a) => a.benefit === b.id && a.version === b.version && a.exp > core.clock.now())
    .sort((x, y) => room(y, spent).uses - room(x, spent).uses)[0]
}

/** usesLeft of a promo offline; null: not for offline. */
export function usesLeft(core: Core, b: Benefit, spent: Spent): number | null {
  if (!b.terms.offline.allowed) return null
  const a = allowanceFor(core, b, spent)
  return a ? Math.max(0, room(a, spent).uses) : 0
}

/** judge returns what speaks against a use without the server ('': nothing), and its discount. */
export function judge(core: Core, b: Benefit, q: Question, rows: Row[], spent: Spent): { reason: Reason; discount: number } {
  const d = decide(factsOf(core, b, q, rows))
  if (d.reason) return d
  const no = (reason: Reason): { reason: Reason; discount: number } => ({ reason, discount: 0 })
  if (!b.terms.offline.allowed) return no('offline_not_allowed')
  const a = allowanceFor(core, b, spent)
  const left = a && room(a, spent)
  if (!left || left.uses <= 0 || left.amount < discount(b.terms, q.gross) || left.amount <= 0) return no('offline_allowance_spent')
  return d
}
