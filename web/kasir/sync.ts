// Handing the queue in. No page is needed: the service worker does it too.
import type { Call } from '../shared/api'
import { createCall } from '../shared/api'
import { Clock, type ClockSource, phone } from '../shared/clock'
import type { Db } from '../shared/idb'
import { assertion } from './proof'
import { changed, get, openStore, put, type Queued, read, type Row, type Till, use, write } from './store'
import type { Result } from './wire'

const BATCH = 50
const LOCK = 'berlaku-kasir-sync'
const LEASE = 60 // seconds

export interface SyncDeps {
  db: Db
  call: Call
  clock: Clock
  locks: Pick<LockManager, 'request'> | undefined
}

/**
 * syncOnce sends what is in the queue, one at a time over all tabs and the
 * worker. It returns '' when everything has its verdict, else the code of what
 * stood in the way. An item leaves the queue only with its verdict.
 */
export async function syncOnce(deps: SyncDeps): Promise<string> {
  if (deps.locks) return (await deps.locks.request(LOCK, () => send(deps))) as string
  const now = deps.clock.now()
  const free = await write(deps.db, 'kv', async (t) => {
    const until = (await get(t, 'lease')) ?? 0
    if (until > now && until <= now + LEASE) return false
    await put(t, 'lease', now + LEASE)
    return true
  })
  if (!free) return 'busy'
  const code = await send(deps)
  await write(deps.db, 'kv', (t) => put(t, 'lease', 0))
  return code
}

async function send(deps: SyncDeps): Promise<string> {
  for (;;) {
    const [till, items] = await read(deps.db, 'kv queue', async (t) => [await get(t, 'till'), await t.all<Queued>('queue', BATCH)] as const)
    if (!till || !items.length) return ''
    const answer = await post(deps, till, items)
    if (typeof answer === 'string') return answer
    if (!(await settle(deps.db, items, answer))) return 'other'
  }
}

async function post({ call, clock }: SyncDeps, till: Till, items: Queued[]): Promise<Result[] | string> {
  for (let again = false; ; again = true) {
    const headers = { Authorization: 'Bearer ' + (await assertion(till, till.handIn, clock)) }
    const a = await call<{ results: Result[] }>('POST', '/v1/redemptions/batch', { body: { items: items.map((i) => i.text) }, headers, timeout: 30_000 })
    const results = a.data?.results
    if (results?.length === items.length) return results
    // The first answer has told the time, if that was what was wrong.
    if (a.status !== 401 || again) return a.code || 'other'
  }
}

/** settle takes over the verdicts and returns how many there were. */
const settle = (db: Db, items: Queued[], results: Result[]): Promise<number> =>
  write(db, 'queue uses', async (t) => {
    let n = 0
    for (const [i, { n: place, key, use: about }] of items.entries()) {
      const r = results[i]!
      if (r.key !== key && r.outcome !== 'rejected') continue
      const row = await use(t, about)
      if (row) await t.put('uses', judged(row, r, key === about))
      await t.del('queue', place)
      n++
    }
    return n
  })

function judged(row: Row, r: Result, itself: boolean): Row {
  if (r.outcome === 'rejected') return { ...row, state: itself ? 'refused' : row.state, reason: r.reason, rejected: true }
  if (!itself) return { ...row, flags: [...new Set([...row.flags, ...r.flags])] }
  const state = row.state === 'voided' ? 'voided' : r.outcome === 'granted' ? 'recorded' : 'refused'
  return {
    ...row, state, reason: r.reason, flags: [...new Set([...row.flags, ...r.flags])], id: r.id ?? '',
    receiptCode: r.receipt?.code ?? '', receiptUrl: r.receipt?.url ?? '',
  }
}

/** syncAlone is for the service worker: opens, sends, closes; returns as syncOnce does. */
export async function syncAlone(source: ClockSource = phone): Promise<string> {
  const db = await openStore(indexedDB)
  try {
    const clock = new Clock(source)
    const saved = await read(db, 'kv', (t) => get(t, 'clock'))
    if (saved) clock.load(saved)
    return await syncOnce({ db, clock, call: createCall((...a) => fetch(...a), clock, source), locks: navigator.locks })
  } finally {
    db.close()
    changed()
  }
}
