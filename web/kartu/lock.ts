// One at a time over all tabs and the worker.
import type { Core } from './core'
import { put, write } from './store'

const LEASE = 60 // seconds

/** alone does work while nobody else does what has this name; by a lease that runs out where there are no Web Locks. */
export async function alone<T>(core: Core, name: string, work: () => Promise<T>, busy: T): Promise<T> {
  if (core.locks) return (await core.locks.request(`berlaku-kartu-${name}`, work)) as T
  const key = `lease.${name}` as const
  const now = core.clock.now()
  const free = await write(core.db, 'kv', async (t) => {
    const until = (await t.get<number>('kv', key)) ?? 0
    if (until > now && until <= now + LEASE) return false
    await put(t, key, now + LEASE)
    return true
  })
  if (!free) return busy
  try {
    return await work()
  } finally {
    await write(core.db, 'kv', (t) => t.del('kv', key)).catch(() => {})
  }
}
