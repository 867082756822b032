import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { tellLocks } from './cashiers'
import { Core } from './core'
import type { Server } from './server'
import type { Data } from './core'

test('wrong tries at a PIN that was replaced since do not lock the cashier again', async () => {
  const core = new Core({ indexedDB, locks: undefined })
  await core.open()
  const pin = { salt: '', hash: '', rounds: 1 }
  const cashiers = [1, 2].map((n) => ({ id: 'c' + n, name: 'Ayu', state: 'active', pin_version: 2, pin }))
  core.data = { etag: '', at: 0, body: { policy: { pin_attempts: 5 }, cashiers } } as unknown as Data
  core.pins = { c1: { version: 1, wrong: 5, told: false }, c2: { version: 2, wrong: 5, told: false } }
  const asked: string[] = []
  const authed = (method: string, path: string): Promise<unknown> => (asked.push(`${method} ${path}`), Promise.resolve({ status: 204 }))
  await tellLocks(core, { authed } as unknown as Server)
  expect(asked).toEqual(['POST /v1/till/cashiers/c2/lock'])
})
