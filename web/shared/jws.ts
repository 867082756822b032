// Compact JWS of the issuer: EdDSA.
import { fromB64url, fromUtf8, utf8 } from './bytes'
import { verify } from './ed25519'
import { keyFor, type Keys, type Purpose } from './keys'

/**
 * read returns the payload of a token that the issuer signed, or null when
 * anything about it is wrong: its form, its header (exactly alg, kid and typ),
 * its key or its signature. A member twice is wrong too: the texts are written
 * without spaces, so that reading and writing again must give the same bytes.
 */
export async function read(token: string, typ: string, keys: Keys, purpose: Purpose): Promise<Members | null> {
  const parts = /^([\w-]+)\.([\w-]+)\.([\w-]{86})$/.exec(token)
  if (!parts) return null
  const [, head, body, tail] = parts as unknown as [string, string, string, string]
  const header = object(head)
  const payload = object(body)
  const signature = fromB64url(tail)
  const key = header && keyFor(keys, header.kid, purpose)
  if (!key || !payload || !signature) return null
  if (Object.keys(header).length !== 3 || header.alg !== 'EdDSA' || header.typ !== typ) return null
  return (await verify(signature, utf8(head + '.' + body), key.public)) ? { ...payload, kid: header.kid } : null
}

export type Members = Record<string, unknown>

function object(part: string): Members | null {
  const bytes = fromB64url(part)
  const text = bytes && fromUtf8(bytes)
  if (!text || text[0] !== '{') return null
  try {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(value) === text ? (value as Members) : null
  } catch {
    return null
  }
}
