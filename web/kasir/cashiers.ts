// Cashiers and their PINs. A try is counted before it is looked at, so that
// ending the app in between gives no further one.
import type { Problem } from './contract'
import type { Core } from './core'
import { pinIs } from './pin'
import type { Server } from './server'
import { changed, get, put, write } from './store'

type Pins = Core['pins']

const change = (core: Core, f: (pins: Pins) => void): Promise<void> =>
  write(core.db, 'kv', async (t) => {
    const pins = (await get(t, 'pins')) ?? {}
    f(pins)
    await put(t, 'pins', pins)
    core.pins = pins
  })

export async function signIn(core: Core, id: string, digits: string): Promise<Problem | null> {
  const known = core.data?.body.cashiers.find((c) => c.id === id)
  const version = known?.pin_version ?? 0
  const locked = (): boolean => core.cashiers().find((c) => c.id === id)?.locked ?? true
  if (!known) return { code: 'not_found' }
  if (locked()) return { code: 'pin_locked' }
  if (!/^[0-9]{6}$/.test(digits)) return { code: 'pin_wrong' }
  await change(core, (pins) => {
    const old = pins[id]
    pins[id] = { version, wrong: (old?.version === version ? old.wrong : 0) + 1, told: false }
  })
  if (core.pins[id]!.wrong > core.data!.body.policy.pin_attempts) return { code: 'pin_locked' } // another tab tried too
  if (await pinIs(digits, known.pin)) {
    await change(core, (pins) => delete pins[id])
    await keepSession(core, { cashier: id, version, at: core.clock.now() })
    return null
  }
  core.notify()
  changed()
  return { code: locked() ? 'pin_locked' : 'pin_wrong' }
}

export async function keepSession(core: Core, session: Core['session']): Promise<void> {
  core.session = session
  await write(core.db, 'kv', (t) => (session ? put(t, 'session', session) : t.del('kv', 'session')) as Promise<unknown>)
  core.notify()
}

/**
 * tellLocks reports cashiers that are locked on this phone to the server. Wrong
 * tries at a PIN that the owner has replaced since lock nobody any more.
 */
export async function tellLocks(core: Core, server: Server): Promise<void> {
  const most = core.data?.body.policy.pin_attempts ?? 5
  for (const [id, { wrong, told, version }] of Object.entries(core.pins)) {
    const now = core.data?.body.cashiers.find((c) => c.id === id)
    if (told || wrong < most || now?.pin_version !== version) continue
    const a = await server.authed('POST', `/v1/till/cashiers/${id}/lock`)
    if (a.status !== 204 && a.status !== 404) return
    await change(core, (pins) => {
      if (pins[id]?.version === version) pins[id].told = true
    })
  }
}
