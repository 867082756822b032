// The form of a KARTU-1 card: its text taken apart, and the standard form that
// its signatures are over. The same vectors bind this file and the server's
// package cards. No JSON of the card is ever parsed: the signed texts are made
// here, out of fields that were checked one by one.
import { type Bytes, b64url, fromBase32, sha256, utf8 } from './bytes'
import { decompress } from './p256'

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

export interface Signed {
  input: string
  signature: Bytes
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
