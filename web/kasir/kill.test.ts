// A till is killed at every step of storage and network, one after the other,
// and started again on the same phone: a use that was shown as given is exactly
// one row at the server, one that was not is at most one, and then in the list.
import { expect, test } from 'vitest'
import type { Engine, UseRequest, Verdict } from './contract'
import { dead, Killer, ready, terms, type World, world } from './testkit'

const bill = (v: Verdict): UseRequest => ({ offer: v.offers[0]!, gross: 100_000, receiptNumber: 'A-1', idChecked: false })

interface Seen {
  given: Set<string> // shown as given
  taken: Set<string> // shown as taken back
  tried: Set<string> // asked to be taken back
}

type Story = (e: Engine, w: World, seen: Seen) => Promise<void>

async function use(e: Engine, w: World, seen: Seen, idx = 4711): Promise<string> {
  const v = await e.scan(await w.text(await w.card(idx)))
  if (!v.offers.length) throw new Error(v.reason)
  const u = await e.redeem(v, bill(v))
  if (u.state === 'recorded' || u.state === 'queued') seen.given.add(u.key)
  return u.key
}

async function undo(e: Engine, seen: Seen, key: string): Promise<void> {
  seen.tried.add(key)
  const u = await e.undo(key, 'salah')
  if ('state' in u && u.state === 'voided') seen.taken.add(key)
}

const lost = (path: string): 'cut' | 'ok' => (path === '/v1/redemptions' ? 'cut' : 'ok')
const lostBatch = (path: string): 'cut' | 'ok' => (path.endsWith('batch') ? 'cut' : 'ok')
const silent = (w: World): void => {
  w.server.network = dead
}
const back = (w: World): void => {
  w.server.network = () => 'ok'
  w.pass(61) // as long as a lease of a killed tab lasts
}

const stories: Record<string, Story> = {
  'online': async (e, w, s) => {
    await use(e, w, s)
    await use(e, w, s, 5)
  },
  'the answer is lost, then sent': async (e, w, s) => {
    w.server.network = lost
    await use(e, w, s)
    back(w)
    await e.sync()
  },
  'offline, then sent': async (e, w, s) => {
    silent(w)
    await use(e, w, s)
    await use(e, w, s, 5)
    back(w)
    await e.sync()
  },
  'offline, sent, the answer is lost, sent again': async (e, w, s) => {
    silent(w)
    await use(e, w, s)
    back(w)
    w.server.network = lostBatch
    await e.sync()
    back(w)
    await e.sync()
  },
  'not for offline, asked again': async (e, w, s) => {
    w.server.network = lost
    const key = await use(e, w, s)
    back(w)
    const u = await e.retry(key)
    if (u.state === 'recorded') s.given.add(key)
  },
  'not for offline, given up': async (e, w, s) => {
    w.server.network = lost
    const key = await use(e, w, s)
    back(w)
    if (s.given.has(key)) return
    await e.giveUp(key)
    s.taken.add(key)
    await e.sync()
  },
  'taken back online': async (e, w, s) => {
    await undo(e, s, await use(e, w, s))
    await e.sync()
  },
  'taken back in the queue': async (e, w, s) => {
    silent(w)
    await undo(e, s, await use(e, w, s))
    back(w)
    await e.sync()
  },
  'recorded, taken back offline': async (e, w, s) => {
    const key = await use(e, w, s)
    silent(w)
    await undo(e, s, key)
    back(w)
    await e.sync()
  },
}

let points = 0

test.each(Object.entries(stories))('killed at every step: %s', async (name, story) => {
  for (let at = 1; ; at++) {
    const w = await world()
    if (name.startsWith('not for offline')) w.server.benefits[0]!.terms = terms({ offline: { allowed: false, allowance: 0 } })
    await ready(w)
    const killer = new Killer(at)
    const seen: Seen = { given: new Set(), taken: new Set(), tried: new Set() }
    const first = w.engine(killer.deps(w))
    await first
      .start()
      .then(() => story(first, w, seen))
      .catch(() => {})
    await new Promise((r) => setTimeout(r, 5)) // what still runs of it meets a dead phone
    const whole = !killer.over
    killer.over = true

    back(w)
    const again = w.engine()
    await again.start()
    for (const u of (await again.today()).uses) if (u.state === 'recorded' || u.state === 'queued') seen.given.add(u.key)
    for (const u of (await again.today()).uses) if (u.state === 'voided') seen.taken.add(u.key)
    await again.sync()
    await again.sync()

    const label = `${name}, step ${at}`
    const { uses } = await again.today()
    for (const key of seen.given) {
      const row = w.server.rows.get(key)
      expect(row, label).toBeDefined()
      const back = seen.taken.has(key) || (seen.tried.has(key) && uses.some((u) => u.key === key && u.state === 'voided'))
      expect([label, row!.outcome, row!.voided], label).toEqual([label, 'granted', back])
    }
    for (const key of seen.taken) expect(w.server.rows.get(key)?.voided ?? true, label).toBe(true)
    for (const row of w.server.rows.values()) {
      const u = uses.find((u) => u.key === row.key)
      expect([label, u?.state], label).toEqual([label, row.voided ? 'voided' : row.outcome === 'granted' ? 'recorded' : 'refused'])
    }
    expect(w.server.rows.size, label).toBeLessThanOrEqual(name === 'online' || name === 'offline, then sent' ? 2 : 1)
    expect([again.state().unsent, uses.filter((u) => u.state === 'unsure' || u.state === 'queued').length, await w.server.chain()], label).toEqual([0, 0, ''])
    if (whole) break
    points++
  }
})

test('that were more than a dozen steps', () => {
  console.log(`killed at ${points} steps`)
  expect(points).toBeGreaterThan(100)
})
