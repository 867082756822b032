import { expect, test } from 'vitest'
import { Clock } from './clock'

function phone(start = 1_797_000_000) {
  const at = { wall: start * 1000, mono: 0 }
  return { at, wall: () => at.wall, mono: () => at.mono, pass: (s: number) => ((at.wall += s * 1000), (at.mono += s * 1000)) }
}

test('a clock that is right stays good through sleep', () => {
  const p = phone()
  const c = new Clock(p)
  c.heard(1_797_000_000, 0)
  p.pass(60)
  expect([c.state(), c.trusted(), Math.abs(c.now() - 1_797_000_060) <= 1]).toEqual(['good', true, true])
  p.at.wall += 7200_000 // asleep: mono stood still
  expect([c.state(), Math.abs(c.now() - 1_797_007_260) <= 1]).toEqual(['good', true])
})

test('set back while the page lives, it is noticed and time goes on', () => {
  const p = phone()
  const c = new Clock(p)
  c.heard(1_797_000_000, 0)
  p.at.wall -= 86_400_000
  p.pass(10)
  expect([c.state(), c.trusted()]).toEqual(['set_back', false])
  expect(c.now()).toBeGreaterThanOrEqual(1_797_000_010)
  c.heard(1_797_000_010, p.at.mono) // the server is back: off by a known difference
  expect([c.state(), c.trusted()]).toEqual(['off', true])
  expect(Math.abs(c.now() - 1_797_000_010)).toBeLessThanOrEqual(1)
})

test('set back before a restart, a signed time that was seen tells', () => {
  const p = phone()
  const before = new Clock(p)
  before.heard(1_797_000_000, 0)
  before.atLeast(1_797_000_500)
  const again = new Clock(phone(1_797_000_500 - 121))
  again.load(before.saved())
  expect([again.state(), again.trusted()]).toEqual(['set_back', false])
  const near = new Clock(phone(1_797_000_500 - 119))
  near.load(before.saved())
  expect([near.state(), near.now()]).toEqual(['good', 1_797_000_500])
})

test('a phone an hour ahead is corrected while the page lives, and not believed after', () => {
  const p = phone(1_797_003_600)
  const c = new Clock(p)
  c.heard(1_797_000_000, 0)
  expect([c.state(), c.trusted(), Math.abs(c.now() - 1_797_000_000) <= 1]).toEqual(['off', true, true])
  const again = new Clock(phone(1_797_003_700))
  again.load(c.saved())
  expect([again.state(), again.trusted()]).toEqual(['off', false])
})

test('a floor from a clock that was ahead goes when the server says so', () => {
  const c = new Clock(phone())
  c.atLeast(1_897_000_000)
  expect(c.state()).toBe('set_back')
  c.heard(1_797_000_000, 0)
  expect([c.state(), c.trusted()]).toEqual(['good', true])
})

test('an answer that took long or has no date says nothing', () => {
  const p = phone()
  const c = new Clock(p)
  c.heard(Number.NaN, 0)
  p.pass(11)
  c.heard(1_000_000_000, 0)
  expect([c.state(), Math.abs(c.now() - 1_797_000_011) <= 1]).toEqual(['good', true])
})
