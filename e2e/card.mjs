// The transform of a KARTU-1 text into an SD-JWT with key binding, written from
// the specification alone: nothing here is shared with the Go code.
import { createHash, createPublicKey } from 'node:crypto'

const b64 = (bytes) => Buffer.from(bytes).toString('base64url')

function unbase32(text) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const out = []
  let bits = 0
  let value = 0
  for (const c of text) {
    value = (value << 5) | alphabet.indexOf(c)
    bits += 5
    if (bits >= 8) {
      bits -= 8
      out.push((value >> bits) & 255)
      value &= (1 << bits) - 1
    }
  }
  return Buffer.from(out)
}

/** The point of a compressed P-256 key, by OpenSSL's own arithmetic. */
function point(compressed) {
  const der = Buffer.concat([
    Buffer.from('3039301306072a8648ce3d020106082a8648ce3d030107032200', 'hex'),
    compressed,
  ])
  return createPublicKey({ key: der, format: 'der', type: 'spki' }).export({ format: 'jwk' })
}

/** expand returns {jwt, kb, deviceKey} of a well-formed card text. */
export function expand(text, origin = 'https://kartu.example') {
  const prefix = origin.toUpperCase() + '/1/'
  if (!text.startsWith(prefix)) throw new Error('not a card')
  const f = text.slice(prefix.length).split('.')
  const [kid, idx, day, name] = f
  const bound = f.length !== 5
  const jwk = bound ? point(unbase32(f[4])) : null
  const cnf = bound ? `"cnf":{"jwk":{"kty":"EC","crv":"P-256","x":"${jwk.x}","y":"${jwk.y}"}},` : ''
  const header = `{"alg":"EdDSA","kid":"${kid}","typ":"dc+sd-jwt"}`
  const payload =
    `{"iss":"${origin}","vct":"${origin}/vct/1","exp":${day * 86400},"name":"${name.replaceAll('-', ' ')}",${cnf}` +
    `"status":{"status_list":{"idx":${idx % 131072},"uri":"${origin}/s/${Math.floor(idx / 131072)}"}}}`
  const jwt = [b64(header), b64(payload), b64(unbase32(f[bound ? 5 : 4]))].join('.')
  if (f.length !== 8) return { jwt, kb: '', deviceKey: jwk, text: jwt + '~' }
  const hash = createHash('sha256').update(jwt + '~').digest('base64url')
  const kbPayload = `{"iat":${f[6]},"aud":"${origin}/till","nonce":"offline","sd_hash":"${hash}"}`
  const kb = [b64('{"alg":"ES256","typ":"kb+jwt"}'), b64(kbPayload), b64(unbase32(f[7]))].join('.')
  return { jwt, kb, deviceKey: jwk, text: `${jwt}~${kb}` }
}
