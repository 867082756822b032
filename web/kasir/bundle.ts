// Fetching what a till holds: the bundle, and the status lists that changed.
import { readStatus } from '../shared/statuslist'
import type { Core } from './core'
import { get, type Held, put, read, write } from './store'
import { changed } from './sync'
import type { Bundle } from './wire'

const TTL = 3600 // seconds: a list is signed anew every hour
const FOREIGN = 8 // lists of other provinces that are kept

/** refresh fetches the bundle if it changed, then the lists. Returns whether the server answered. */
export async function refresh(core: Core): Promise<boolean> {
  const held = core.data
  const chain = await idle(core)
  const a = await core.authed<Bundle>('GET', '/v1/till/bundle', {
    headers: held?.etag ? { 'If-None-Match': held.etag } : {}, timeout: 15_000,
  })
  if (a.status !== 200 && a.status !== 304) return false
  const at = core.clock.now()
  const bundle = a.data ? { etag: a.etag, at, body: a.data } : held && { etag: held.etag, at, body: held.body }
  const data = bundle && (a.data ? await core.understand(bundle) : { ...held!, at })
  if (!data || data.body.till.id !== core.till?.id) return false
  const saved = core.clock.saved()
  await write(core.db, 'kv', async (t) => {
    await put(t, 'bundle', bundle)
    await put(t, 'clock', saved)
    // Nothing was on its way when the server counted: its count is right.
    if (chain >= 0 && ((await get(t, 'chain'))?.seq ?? 0) === chain) await put(t, 'spent', {})
  })
  core.data = data
  for (const { shard, version } of data.body.status) {
    const have = core.lists.get(shard)
    if (!core.usable(have) || have.version !== version || at - have.iat >= TTL) await fetchList(core, shard, version)
  }
  core.notify()
  changed()
  return true
}

/** idle returns the length of the chain when all of it was handed in, else -1. */
const idle = (core: Core): Promise<number> =>
  read(core.db, 'kv queue', async (t) => ((await t.count('queue')) ? -1 : ((await get(t, 'chain'))?.seq ?? 0)))

/** fetchList fetches the list of a shard; one older than the one held is refused. */
export async function fetchList(core: Core, shard: number, version = -1): Promise<void> {
  const { data } = core
  if (!data) return
  const a = await core.call<string>('GET', `/s/${shard}`)
  if (typeof a.data !== 'string') return
  const list = await readStatus(a.data, data.body.origin, shard, data.keys, core.clock.now())
  if (!list) return
  const have = core.lists.get(shard)
  if (have && have.iat > list.iat) return
  const held: Held = { ...list, version }
  const own = new Set(data.body.status.map((s) => s.shard))
  const foreign = [...core.lists.values()].filter((l) => !own.has(l.shard) && l.shard !== shard).sort((a, b) => b.iat - a.iat)
  const dropped = foreign.slice(FOREIGN - 1)
  await write(core.db, 'status', async (t) => {
    await t.put('status', held)
    for (const l of dropped) await t.del('status', l.shard)
  })
  for (const l of dropped) core.lists.delete(l.shard)
  core.take(held)
}
