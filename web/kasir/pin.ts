// PINs of cashiers: PBKDF2-HMAC-SHA-256 over the six ASCII digits.
import { fromB64url, utf8 } from '../shared/bytes'

export interface Pin {
  salt: string
  hash: string
  rounds: number
}

/** pinIs reports whether the digits are the PIN. */
export async function pinIs(digits: string, pin: Pin): Promise<boolean> {
  const salt = fromB64url(pin.salt)
  const want = fromB64url(pin.hash)
  if (!salt || want?.length !== 32 || !/^[0-9]{6}$/.test(digits)) return false
  const key = await crypto.subtle.importKey('raw', utf8(digits), 'PBKDF2', false, ['deriveBits'])
  const have = new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: pin.rounds }, key, 256))
  return have.every((byte, i) => byte === want[i])
}
