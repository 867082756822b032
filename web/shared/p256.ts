// Points of P-256 (SEC 1 §2.3). Public values only: nothing here is secret.
import { type Bytes } from './bytes'

const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn

/** decompress returns x and y of a compressed point, or null when it is not on the curve. */
export function decompress(point: Bytes): { x: Bytes; y: Bytes } | null {
  const sign = point[0]
  if (point.length !== 33 || (sign !== 2 && sign !== 3)) return null
  let x = 0n
  for (const byte of point.subarray(1)) x = (x << 8n) | BigInt(byte)
  if (x >= p) return null
  const square = (((x * x - 3n) % p) * x + b) % p
  let y = root((square + p) % p)
  if (y === null) return null
  if (Number(y & 1n) !== (sign & 1)) y = (p - y) % p
  return { x: point.slice(1), y: bytes32(y) }
}

/** root raises to (p+1)/4, which is the square root where there is one: p = 3 modulo 4. */
function root(square: bigint): bigint | null {
  let out = 1n
  let power = square
  for (let e = (p + 1n) >> 2n; e; e >>= 1n) {
    if (e & 1n) out = (out * power) % p
    power = (power * power) % p
  }
  return (out * out) % p === square ? out : null
}

function bytes32(n: bigint): Bytes {
  const out = new Uint8Array(32)
  for (let i = 31; i >= 0; i--, n >>= 8n) out[i] = Number(n & 255n)
  return out
}

/** importPoint makes a key for verifying ES256 out of a point's coordinates. */
export function importPoint(x: Bytes, y: Bytes): Promise<CryptoKey> {
  const raw = new Uint8Array(65)
  raw[0] = 4
  raw.set(x, 1)
  raw.set(y, 33)
  return crypto.subtle.importKey('raw', raw, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
}
