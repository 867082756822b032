import { expect, test } from 'vitest'
import { createCall } from './api'
import { Clock } from './clock'

const START = 1_797_000_000

test('the time of an answer that a cache kept for a while is not taken for now', async () => {
  const source = { wall: () => START * 1000, mono: () => 0 }
  for (const [headers, want] of [
    [{ Date: new Date((START - 3000) * 1000).toUTCString(), Age: '3000' }, START],
    [{ Date: new Date((START + 900) * 1000).toUTCString() }, START + 900],
    [{ Date: new Date((START + 900) * 1000).toUTCString(), Age: 'soon' }, START + 900],
  ] as const) {
    const clock = new Clock(source)
    clock.atLeast(START)
    const body = new Response('a.b.c', { headers: { 'Content-Type': 'application/statuslist+jwt', ...headers } })
    const call = createCall(() => Promise.resolve(body), clock, source)
    expect((await call('GET', '/s/0')).status).toBe(200)
    expect(Math.abs(clock.now() - want)).toBeLessThanOrEqual(1)
    expect(clock.saved().floor).toBe(want)
    expect(clock.trusted()).toBe(true)
  }
})
