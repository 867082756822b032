// Signed lists of card statuses (Token Status List, two bits an entry).
import { type Bytes, fromB64url } from './bytes'
import { SHARD } from './card'
import { read } from './jws'
import type { Keys } from './keys'

export const MAX_AGE = 259200 // seconds: 72 h, exactly that is still good
const AHEAD = 120
const SIZE = SHARD / 4
const MAX_TOKEN = 96 << 10

export interface StatusList {
  shard: number
  iat: number
  kid: string
  bits: Bytes // 32,768
}

/** readStatus returns the list of a shard, or null when anything about its token is wrong. */
export async function readStatus(token: string, origin: string, shard: number, keys: Keys, now: number): Promise<StatusList | null> {
  if (token.length > MAX_TOKEN) return null
  const claims = await read(token, 'statuslist+jwt', keys, 'status')
  if (!claims) return null
  const { iat, exp, sub, kid } = claims
  const list = claims.status_list as { bits?: unknown; lst?: unknown } | null | undefined
  if (!Number.isInteger(iat) || !Number.isInteger(exp) || sub !== `${origin}/s/${shard}`) return null
  if (list?.bits !== 2 || typeof list.lst !== 'string') return null
  if (now >= (exp as number) || !youngEnough(iat as number, now)) return null
  const packed = fromB64url(list.lst)
  const bits = packed && (await inflate(packed))
  return bits && { shard, iat: iat as number, kid: kid as string, bits }
}

/** youngEnough reports whether a list made at iat still says something now. */
export const youngEnough = (iat: number, now: number): boolean => iat >= now - MAX_AGE && iat <= now + AHEAD

/** statusAt returns the entry of a card's index in the list of its shard. */
export function statusAt(list: StatusList, idx: number): number {
  const i = idx % SHARD
  return (list.bits[i >> 2]! >> (2 * (i & 3))) & 3
}

/** inflate unpacks a zlib stream of exactly 32,768 bytes and stops reading there. */
async function inflate(packed: Bytes): Promise<Bytes | null> {
  const out = new Uint8Array(SIZE)
  let n = 0
  try {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate')).getReader()
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      if (n + value.length > SIZE) {
        void reader.cancel().catch(() => {})
        return null
      }
      out.set(value, n)
      n += value.length
    }
  } catch {
    return null
  }
  return n === SIZE && endsWith(packed, adler32(out)) ? out : null
}

/** adler32 ends a zlib stream; some browsers do not mind bytes behind it. */
function adler32(b: Bytes): number {
  let low = 1
  let high = 0
  for (const byte of b) {
    low = (low + byte) % 65521
    high = (high + low) % 65521
  }
  return high * 65536 + low
}

const endsWith = (b: Bytes, sum: number): boolean => b.length > 4 && new DataView(b.buffer, b.byteOffset).getUint32(b.length - 4) === sum
