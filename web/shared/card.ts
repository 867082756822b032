// The KARTU-1 card: the 18 steps by which a till judges a scanned text, in
// their order, stopping at the first that fails. The same vectors bind this
// file and the server's package cards.
import { type Bytes, utf8 } from './bytes'
import { type Card, type Code, expand, type Judged, type Signed } from './cardform'
import { verify as verifyEd25519 } from './ed25519'
import type { Keys } from './keys'
import { importPoint } from './p256'

export { type Card, type Code, expand, type Judged, SHARD } from './cardform'

export interface Policy {
  origin: string // lower case, without a slash at the end
  keys: Keys
  now: number
  window?: number // seconds; 120 when left out
  printed: boolean // printed cards are accepted
  /** The status (0 to 3) of an index, or null when no list young enough is at hand. Left out: steps 16 and 17 are. */
  status?: (idx: number) => number | null
  /** Whether this code was used already. Left out: step 18 is. */
  seen?: (idx: number, t: number) => boolean
}

/** verify takes a text through all steps. It never throws, whatever the text. */
export async function verify(text: string, policy: Policy): Promise<Judged> {
  const expanded = await expand(policy.origin, text)
  const { card } = expanded
  if (!card) return expanded
  return { code: (await signed(card, policy)) ?? (await presented(card, policy)) ?? current(card, policy) ?? 'OK', card }
}

/** signed is steps 6 to 10. */
async function signed(card: Card, { keys, now }: Policy): Promise<Code | null> {
  const key = keys.get(card.kid)
  if (!key) return 'E_KID'
  if (key.revoked) return 'E_KEY_REVOKED'
  if (!key.useFor.includes(card.point ? 'card' : 'print')) return 'E_SIG'
  if (!(await verifyEd25519(card.issuer.signature, utf8(card.issuer.input), key.public))) return 'E_SIG'
  if (card.exp > key.notAfter) return 'E_KEY_PERIOD'
  return now >= card.exp ? 'E_EXPIRED' : null
}

/** presented is steps 11 to 15. */
async function presented(card: Card, { now, window = 120, printed }: Policy): Promise<Code | null> {
  if (!card.point) return printed ? null : 'E_PRINTED'
  if (!card.proof) return 'E_PROOF_MISSING'
  if (!(await proved(card.point, card.proof))) return 'E_PROOF'
  if (card.t < now - window) return 'E_STALE'
  return card.t > now + window ? 'E_CLOCK' : null
}

async function proved(point: { x: Bytes; y: Bytes }, proof: Signed): Promise<boolean> {
  try {
    const key = await importPoint(point.x, point.y)
    return await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, proof.signature, utf8(proof.input))
  } catch {
    return false
  }
}

const byStatus: Record<number, Code> = { 1: 'E_REVOKED', 2: 'E_INACTIVE', 3: 'E_STATUS_UNKNOWN' }

/** current is steps 16 to 18. */
function current(card: Card, { status, seen }: Policy): Code | null {
  if (status) {
    const value = status(card.idx)
    if (value === null) return 'E_STATUS_STALE'
    if (value) return byStatus[value] ?? 'E_STATUS_UNKNOWN'
  }
  return card.point && seen?.(card.idx, card.t) ? 'E_REPLAY' : null
}
