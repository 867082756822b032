// The queue: signed items, numbered without gaps, each holding the hash of the
// one before. An item, its place in the chain and what it takes of an allowance
// are written together or not at all.
import { b64url, sha256, utf8, uuid } from '../shared/bytes'
import type { Db, Tx } from '../shared/idb'
import { sign } from '../shared/device'
import { type Chain, get, put, read, type Till, write } from './store'

/**
 * append signs an item and stores it, with what also writes, in one
 * transaction. When also returns false nothing is written. Another tab may add
 * one in between: then it is signed anew behind that.
 */
export async function append(
  db: Db, till: Till, key: string, use: string, members: object, also: (t: Tx) => Promise<boolean>,
): Promise<boolean> {
  for (;;) {
    const { seq, prev }: Chain = (await read(db, 'kv', (t) => get(t, 'chain'))) ?? { seq: 0, prev: '' }
    const text = await sign(till.key, { alg: 'ES256', kid: till.id, typ: 'berlaku-use+jwt' }, { jti: key, seq: seq + 1, prev, ...members })
    const next: Chain = { seq: seq + 1, prev: b64url(await sha256(utf8(text))) }
    const done = await write(db, 'kv queue uses', async (t) => {
      if (((await get(t, 'chain'))?.seq ?? 0) !== seq) return null
      if (!(await also(t))) return false
      await t.put('queue', { key, use, text })
      await put(t, 'chain', next)
      return true
    })
    if (done !== null) return done
  }
}

/** appendVoid takes a use back, sent or not; also decides whether it still may. */
export const appendVoid = (db: Db, till: Till, use: string, reason: string, at: number, also: (t: Tx) => Promise<boolean>): Promise<boolean> =>
  append(db, till, uuid(), use, { occurred_at: at, void: use, reason }, also)
