import { expect, test } from 'vitest'

import { distance, opening } from './screens/where'

const weekdays = [1, 2, 3, 4, 5].map((day) => ({ day, from: '08:00', to: '17:00' }))
const at = (iso: string): number => Date.parse(iso) / 1000
const palu = 'Asia/Makassar' // UTC+8

test('a place is open by the clock of where it is', () => {
  const place = { zone: palu, hours: weekdays }
  expect(opening(place, at('2026-11-23T00:30:00Z'))).toMatchObject({ state: 'open', until: '17:00' }) // Monday 08:30
  expect(opening({ ...place, zone: 'Asia/Jakarta' }, at('2026-11-23T00:30:00Z'))).toMatchObject({ state: 'closed', from: '08:00', day: 0 })
})

test('a closed place tells when it opens next', () => {
  const place = { zone: palu, hours: weekdays }
  expect(opening(place, at('2026-11-23T09:00:00Z'))).toMatchObject({ state: 'closed', from: '08:00', day: -1 }) // Monday 17:00
  expect(opening(place, at('2026-11-27T12:00:00Z'))).toMatchObject({ state: 'closed', from: '08:00', day: 1 }) // Friday evening
})

test('a span past midnight holds in the night', () => {
  const place = { zone: palu, hours: [{ day: 6, from: '18:00', to: '02:00' }] }
  expect(opening(place, at('2026-11-28T17:30:00Z'))).toMatchObject({ state: 'open', until: '02:00' }) // Sunday 01:30
  expect(opening(place, at('2026-11-28T18:30:00Z'))).toMatchObject({ state: 'closed', day: 6 })
})

test('a place without hours, and one that never closes', () => {
  expect(opening({ zone: palu, hours: [] }, 0).state).toBe('unknown')
  const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '23:59' }))
  expect(opening({ zone: palu, hours: always }, at('2026-11-23T15:59:00Z')).state).toBe('always')
})

test('a distance along the earth', () => {
  const [paluCity, poso] = [{ lat: -0.9, lon: 119.87 }, { lat: -1.395, lon: 120.75 }]
  expect(distance(paluCity, poso)).toBeCloseTo(112, -1)
  expect(distance(null, poso)).toBeNull()
  expect(distance(paluCity, { lat: null, lon: null })).toBeNull()
})
