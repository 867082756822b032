// The issuer's keys as /.well-known/jwks.json shows them (KARTU-1 §5.5).
import { type Bytes, fromB64url } from './bytes'

export type Purpose = 'card' | 'print' | 'status'

export interface IssuerKey {
  public: Bytes
  notAfter: number
  useFor: string[]
  revoked: boolean
}

export type Keys = ReadonlyMap<string, IssuerKey>

export interface JWK {
  kty: string
  crv?: string
  kid?: string
  x?: string
  not_after?: number
  use_for?: string[]
  revoked?: boolean
}

/** parseKeys reads a key set; null when it cannot be used. Keys of other kinds are skipped. */
export function parseKeys(set: { keys: JWK[] }): Keys | null {
  const keys = new Map<string, IssuerKey>()
  if (!Array.isArray(set?.keys)) return null
  for (const k of set.keys) {
    if (k?.kty !== 'OKP' || k.crv !== 'Ed25519') continue
    const bytes = typeof k.x === 'string' ? fromB64url(k.x) : null
    const good =
      bytes?.length === 32 && /^[0-9A-Z]{2}$/.test(String(k.kid)) && Number.isInteger(k.not_after) && Array.isArray(k.use_for)
    if (!good || keys.has(k.kid!)) return null
    keys.set(k.kid!, { public: bytes, notAfter: k.not_after!, useFor: k.use_for!, revoked: k.revoked === true })
  }
  return keys
}

/** keyFor returns a key that may sign for a purpose, not withdrawn. */
export function keyFor(keys: Keys, kid: unknown, purpose: Purpose): IssuerKey | null {
  const key = typeof kid === 'string' ? keys.get(kid) : undefined
  return key && !key.revoked && key.useFor.includes(purpose) ? key : null
}
