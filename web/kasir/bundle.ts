// Fetching what a till holds: the bundle, and the status lists that changed.
import { read as readToken } from '../shared/jws'
import { keyFor, type Keys, parseKeys } from '../shared/keys'
import { readStatus, youngEnough } from '../shared/statuslist'
import type { Allowance, Core } from './core'
import type { Server } from './server'
import { changed, get, type Held, put, read, write } from './store'
import type { Bundle } from './wire'

const TTL = 3600 // seconds: a list is signed anew every hour
const FOREIGN = 8 // lists of other provinces that are kept

/** learn reads the keys and allowances of the bundle that is held. */
export async function learn(core: Core): Promise<void> {
  const known = core.data && (await understand(core, core.data.body))
  core.keys = known?.keys ?? new Map()
  core.allowances = known?.allowances ?? []
}

/** understand reads keys and allowances of a bundle; null when it cannot be used. */
async function understand(core: Core, body: Bundle): Promise<{ keys: Keys; allowances: Allowance[] } | null> {
  const keys = parseKeys(body.jwks)
  if (!keys) return null
  const allowances: Allowance[] = []
  for (const text of body.allowances) {
    const c = await readToken(text, 'berlaku-allowance+jwt', keys, 'status')
    if (!c || c.iss !== body.origin || c.sub !== body.till.id) continue
    core.clock.atLeast(Number(c.iat) || 0)
    allowances.push({
      id: String(c.jti), benefit: String(c.benefit), version: Number(c.version), uses: Number(c.uses), used: Number(c.used),
      amount: c.amount === null || c.amount === undefined ? null : Number(c.amount), usedAmount: Number(c.used_amount), exp: Number(c.exp),
    })
  }
  return { keys, allowances }
}

/** usable reports whether a list may be believed now. */
export const usable = (core: Core, list: Held | undefined): list is Held =>
  !!list && !!keyFor(core.keys, list.kid, 'status') && youngEnough(list.iat, core.clock.now())

/** refresh fetches the bundle if it changed, then the lists. Returns whether the server answered. */
export async function refresh(core: Core, server: Server): Promise<boolean> {
  const held = core.data
  const chain = await idle(core)
  const a = await server.authed<Bundle>('GET', '/v1/till/bundle', {
    headers: held?.etag ? { 'If-None-Match': held.etag } : {}, timeout: 15_000,
  })
  if (a.status !== 200 && a.status !== 304) return false
  const at = core.clock.now()
  const data = a.data ? { etag: a.etag, at, body: a.data } : held && { ...held, at }
  const known = data && (await understand(core, data.body))
  if (!known || data.body.till.id !== core.till?.id) return false
  const saved = core.clock.saved()
  await write(core.db, 'kv', async (t) => {
    await put(t, 'bundle', data)
    await put(t, 'clock', saved)
    // Nothing was on its way when the server counted: its count is right.
    if (chain >= 0 && ((await get(t, 'chain'))?.seq ?? 0) === chain) await put(t, 'spent', {})
  })
  core.data = data
  core.keys = known.keys
  core.allowances = known.allowances
  if (a.data) core.clock.atLeast(a.data.server_time) // an old one says nothing new
  for (const { shard, version } of data.body.status) {
    const have = core.lists.get(shard)
    if (!usable(core, have) || have.version !== version || at - have.iat >= TTL) await fetchList(core, server, shard, version)
  }
  core.notify()
  changed()
  return true
}

/** idle returns the length of the chain when all of it was handed in, else -1. */
const idle = (core: Core): Promise<number> =>
  read(core.db, 'kv queue', async (t) => ((await t.count('queue')) ? -1 : ((await get(t, 'chain'))?.seq ?? 0)))

/** fetchList fetches the list of a shard; one older than the one held is refused. */
export async function fetchList(core: Core, server: Server, shard: number, version = -1): Promise<void> {
  const { data } = core
  if (!data) return
  const a = await server.call<string>('GET', `/s/${shard}`)
  if (typeof a.data !== 'string') return
  const list = await readStatus(a.data, data.body.origin, shard, core.keys, core.clock.now())
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
