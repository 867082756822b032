// Bytes and their spellings. Decoders return null for anything that is not the
// one spelling of its bytes.

export type Bytes = Uint8Array<ArrayBuffer>

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

export const utf8 = (s: string): Bytes => encoder.encode(s) as Bytes

/** fromUtf8 returns the text, or null when the bytes are no UTF-8. */
export function fromUtf8(b: Bytes): string | null {
  try {
    return decoder.decode(b)
  } catch {
    return null
  }
}

const alphabet64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const alphabet32 = alphabet64.slice(0, 26) + '234567'

function encode(b: Uint8Array, alphabet: string, width: number): string {
  let out = ''
  let buffer = 0
  let bits = 0
  for (const byte of b) {
    buffer = (buffer << 8) | byte
    for (bits += 8; bits >= width; ) {
      bits -= width
      out += alphabet[(buffer >> bits) & ((1 << width) - 1)]
    }
    buffer &= (1 << bits) - 1
  }
  return bits ? out + alphabet[(buffer << (width - bits)) & ((1 << width) - 1)] : out
}

const values = (alphabet: string): Map<string, number> => new Map([...alphabet].map((c, i) => [c, i]))
const values64 = values(alphabet64)
const values32 = values(alphabet32)

function decode(s: string, value: Map<string, number>, width: number): Bytes | null {
  const out = new Uint8Array((s.length * width) >> 3)
  let buffer = 0
  let bits = 0
  let n = 0
  for (const c of s) {
    const v = value.get(c)
    if (v === undefined) return null
    buffer = (buffer << width) | v
    bits += width
    if (bits >= 8) {
      bits -= 8
      out[n++] = buffer >> bits
      buffer &= (1 << bits) - 1
    }
  }
  // Spare bits are zero and fewer than a character's.
  return bits >= width || buffer ? null : out
}

/** base64url without padding (RFC 4648 §5). */
export const b64url = (b: Uint8Array): string => encode(b, alphabet64, 6)
export const fromB64url = (s: string): Bytes | null => decode(s, values64, 6)

/** base32, upper case, without padding (RFC 4648 §6). */
export const base32 = (b: Uint8Array): string => encode(b, alphabet32, 5)
export const fromBase32 = (s: string): Bytes | null => decode(s, values32, 5)

export async function sha256(b: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', b))
}

/** uuid returns a random UUID; randomUUID itself needs Chrome 92. */
export function uuid(): string {
  if (crypto.randomUUID) return crypto.randomUUID()
  const b = crypto.getRandomValues(new Uint8Array(16))
  b[6] = (b[6]! & 15) | 64
  b[8] = (b[8]! & 63) | 128
  const hex = [...b].map((v) => v.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}
