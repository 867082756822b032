// The KARTU-1 card: the 18 steps by which a till judges a scanned text, in
// their order, stopping at the first that fails. The same vectors bind this
// file and the server's package cards. No JSON of the card is ever parsed: the
// signed texts are made here, out of fields that were checked one by one.
import { type Bytes, b64url, fromBase32, sha256, utf8 } from './bytes'
import { verify as verifyEd25519 } from './ed25519'
import type { Keys } from './keys'
import { decompress, importPoint } from './p256'

export type Code =
  | 'OK' | 'E_SIZE' | 'E_ORIGIN' | 'E_VERSION' | 'E_FORMAT' | 'E_DEVKEY' | 'E_KID' | 'E_KEY_REVOKED' | 'E_SIG'
  | 'E_KEY_PERIOD' | 'E_EXPIRED' | 'E_PRINTED' | 'E_PROOF_MISSING' | 'E_PROOF' | 'E_STALE' | 'E_CLOCK'
  | 'E_STATUS_STALE' | 'E_REVOKED' | 'E_INACTIVE' | 'E_STATUS_UNKNOWN' | 'E_REPLAY'

export const SHARD = 131072
const MAX_BYTES = 366
const DAY = 86400

/** Card is a text taken apart. Nothing in it is trusted before verify said OK. */
export interface Card {
  form: 'phone' | 'printed'
  kid: string
  idx: number
  exp: number // Unix seconds from which it is no longer good
  name: string // masked, with spaces
  t: number // proof time; 0: no proof
  sdJwt: string // the standard form, byte for byte
  issuer: Signed
  proof: Signed | null
  point: { x: Bytes; y: Bytes } | null
}

interface Signed {
  input: string
  signature: Bytes
}

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

export interface Judged {
  code: Code
  card: Card | null // whole when steps 1 to 5 passed
}

/** expand is steps 1 to 5: the text in its standard form, or the step that failed. */
export async function expand(origin: string, text: string): Promise<Judged> {
  const no = (code: Code): Judged => ({ code, card: null })
  if (utf8(text).length > MAX_BYTES) return no('E_SIZE')
  const prefix = origin.toUpperCase() + '/'
  if (!origin || !text.startsWith(prefix)) return no('E_ORIGIN')
  const rest = text.slice(prefix.length)
  if (!rest.startsWith('1/')) return no('E_VERSION')
  const f = fields(rest.slice(2))
  if (!f) return no('E_FORMAT')
  const point = f.dk && decompress(f.dk)
  if (f.dk && !point) return no('E_DEVKEY')
  return { code: 'OK', card: await assemble(origin, f, point) }
}

interface Fields {
  kid: string
  idx: number
  day: number
  name: string
  dk: Bytes | null
  sig: Bytes
  t: number
  psig: Bytes | null
}

const base32of = (s: string | undefined, chars: number): Bytes | null => (s?.length === chars ? fromBase32(s) : null)

/** fields is step 4: five, six or eight fields, each of its form. */
function fields(s: string): Fields | null {
  const f = s.split('.')
  const [kid = '', idx = '', day = '', name = ''] = f
  const bound = f.length > 5
  const proved = f.length > 6
  if (![5, 6, 8].includes(f.length)) return null
  if (!/^[0-9A-Z]{2}$/.test(kid) || !/^(0|[1-9][0-9]{0,8})$/.test(idx) || +idx >= 2 ** 29) return null
  if (!/^[1-9][0-9]{4}$/.test(day) || name.length > 24 || !/^[A-Z][A-Z*]*(-[A-Z][A-Z*]*)*$/.test(name)) return null
  const dk = bound ? base32of(f[4], 53) : null
  const sig = base32of(f[bound ? 5 : 4], 103)
  const psig = proved ? base32of(f[7], 103) : null
  if (!sig || (bound && !dk) || (proved && (!psig || !/^[1-9][0-9]{9}$/.test(f[6]!)))) return null
  return { kid, idx: +idx, day: +day, name, dk, sig, t: proved ? +f[6]! : 0, psig }
}

const b64 = (s: string): string => b64url(utf8(s))

/** assemble writes the standard form after the template of KARTU-1 §5.2. */
async function assemble(origin: string, f: Fields, point: Card['point']): Promise<Card> {
  const name = f.name.replaceAll('-', ' ')
  const exp = f.day * DAY
  const cnf = point ? `"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"${b64url(point.x)}","y":"${b64url(point.y)}"}},` : ''
  const input =
    b64(`{"alg":"EdDSA","kid":"${f.kid}","typ":"dc+sd-jwt"}`) +
    '.' +
    b64(
      `{"iss":"${origin}","vct":"${origin}/vct/1","exp":${exp},"name":"${name}",${cnf}"status":{"status_list":{"idx":${f.idx % SHARD},"uri":"${origin}/s/${Math.floor(f.idx / SHARD)}"}}}`,
    )
  let sdJwt = `${input}.${b64url(f.sig)}~`
  let proof: Signed | null = null
  if (f.psig) {
    const hash = b64url(await sha256(utf8(sdJwt)))
    const kb = b64('{"alg":"ES256","typ":"kb+jwt"}') + '.' + b64(`{"iat":${f.t},"aud":"${origin}/till","nonce":"offline","sd_hash":"${hash}"}`)
    proof = { input: kb, signature: f.psig }
    sdJwt += `${kb}.${b64url(f.psig)}`
  }
  return {
    form: point ? 'phone' : 'printed', kid: f.kid, idx: f.idx, exp, name, t: f.t, sdJwt,
    issuer: { input, signature: f.sig }, proof, point,
  }
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
