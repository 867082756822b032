import { expect, test } from 'vitest'
import cases from '../../benefits/testdata/cases.json'
import { discount } from './discount'
import { readShortCode } from './shortcode'
import { decide, type Facts, localAt, type Per, type Terms, windowOn } from './terms'

test('every discount is the server\'s', () => {
  expect(cases.discounts.length).toBeGreaterThanOrEqual(500)
  for (const c of cases.discounts) expect([c.name, discount(c.terms as Terms, c.gross)]).toEqual([c.name, c.discount])
})

interface RuleCase {
  name: string
  state: string
  terms: Terms
  outlet_id: string
  outlet_open: boolean
  local: string
  gross: number
  printed: boolean
  id_checked: boolean
  used_in_window?: number
  last_on?: string
  used_at_outlet?: number
  other_on_bill?: boolean
  reason: string
  discount: number
}

test('every decision is the server\'s', () => {
  const rules = cases.rules as unknown as RuleCase[]
  expect(rules.length).toBeGreaterThanOrEqual(100)
  for (const c of rules) {
    const [day = '', time = ''] = c.local.split('T')
    const facts: Facts = {
      state: c.state, terms: c.terms, outletId: c.outlet_id, outletOpen: c.outlet_open, local: { day, time }, gross: c.gross,
      printed: c.printed, idChecked: c.id_checked, usedInWindow: c.used_in_window ?? 0, lastOn: c.last_on ?? '',
      usedAtOutlet: c.used_at_outlet ?? 0, otherOnBill: c.other_on_bill ?? false,
    }
    expect([c.name, decide(facts)]).toEqual([c.name, { reason: c.reason, discount: c.discount }])
  }
})

test('every window begins where the server\'s does', () => {
  for (const c of cases.windows) expect([c, windowOn(c.per as Per, c.day)]).toEqual([c, c.window_on])
})

test('an instant reads as the outlet\'s wall shows it', () => {
  const at = Date.parse('2026-11-24T16:05:00Z') / 1000
  expect(localAt(at, 'Asia/Makassar')).toEqual({ day: '2026-11-25', time: '00:05' })
  expect(localAt(at, 'Asia/Jakarta')).toEqual({ day: '2026-11-24', time: '23:05' })
  expect(localAt(at, 'Asia/Jayapura')).toEqual({ day: '2026-11-25', time: '01:05' })
})

test('short codes are known by their check character', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const good = [...alphabet].map((c) => '7K3M9QX' + c).filter((c) => readShortCode(c)?.good)
  expect(good).toHaveLength(1)
  const code = good[0]!
  expect(readShortCode(` ${code.slice(0, 4).toLowerCase()}-${code.slice(4)} `)).toEqual({ code, good: true })
  for (let i = 0; i < 8; i++) {
    for (const c of alphabet) if (c !== code[i]) expect(readShortCode(code.slice(0, i) + c + code.slice(i + 1))?.good).toBe(false)
    for (let j = 0; j < i; j++) {
      const s = [...code]
      ;[s[i], s[j]] = [s[j]!, s[i]!]
      if (s.join('') !== code) expect(readShortCode(s.join(''))?.good).toBe(false)
    }
  }
  for (const text of ['', '1234567', '123456789', 'U2345678', '1234567é', 'HTTPS://X', ' '.repeat(40)]) expect(readShortCode(text)).toBeNull()
})
