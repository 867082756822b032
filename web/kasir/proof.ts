// How a till proves itself: short assertions under its own key.
import { type Bytes, sha256, uuid } from '../shared/bytes'
import type { Clock } from '../shared/clock'
import { sign } from '../shared/device'
import type { Till } from './store'

/** assertion is good for a minute and once, for one audience. */
export function assertion(till: Till, aud: string, clock: Clock): Promise<string> {
  const iat = clock.now()
  return sign(till.key, { alg: 'ES256', kid: till.id, typ: 'till-assertion+jwt' }, { iss: till.id, aud, iat, exp: iat + 60, jti: uuid() })
}

/** fingerprint is what owner and till compare: eight bytes of SHA-256 of the compressed point, modulo a million. */
export async function fingerprint(x: Bytes, y: Bytes): Promise<string> {
  const sum = await sha256(Uint8Array.of(2 + (y[31]! & 1), ...x))
  return String(new DataView(sum.buffer).getBigUint64(0) % 1_000_000n).padStart(6, '0')
}
