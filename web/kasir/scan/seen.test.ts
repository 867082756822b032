import { describe, expect, it } from 'vitest'

import { GONE, HOLD, Seen } from './seen'

const card = 'HTTPS://KARTU.EXAMPLE/1/A'
const poster = 'https://elsewhere.example/menu'

describe('what is in view', () => {
  it('is reported once, and again when it is still there after three seconds', () => {
    const seen = new Seen()
    expect(seen.look([card], 0)).toEqual([card])
    for (let at = 100; at < HOLD; at += 100) expect(seen.look([card], at)).toEqual([])
    expect(seen.look([card], HOLD)).toEqual([card])
  })

  it('is reported at once when it had left and is shown again', () => {
    const seen = new Seen()
    seen.look([card], 0)
    for (let at = 100; at <= GONE + 100; at += 100) seen.look([], at)
    expect(seen.look([card], GONE + 200)).toEqual([card])
  })

  it('has not left because a few pictures were blurred', () => {
    const seen = new Seen()
    seen.look([card], 0)
    expect([100, 200, 300].flatMap((at) => seen.look([], at))).toEqual([])
    expect(seen.look([card], 400)).toEqual([])
  })

  it('has not left because one picture took long', () => {
    const seen = new Seen()
    seen.look([card], 0)
    seen.look([], 2_000)
    expect(seen.look([card], 2_100)).toEqual([])
  })

  it('does not hide a card behind a poster', () => {
    const seen = new Seen()
    expect(seen.look([poster], 0)).toEqual([poster])
    expect(seen.known(50)).toEqual([poster])
    expect(seen.look([poster, card], 100)).toEqual([card])
    expect(seen.look([card, poster], 200)).toEqual([])
  })

  it('is not news after a pause, and is after it was taken away', () => {
    const seen = new Seen()
    seen.look([card], 0)
    seen.rest(60_000)
    expect(seen.look([card], 60_100)).toEqual([])
    expect(seen.known(60_200)).toEqual([card])
    for (let at = 60_200; at <= 61_300; at += 100) seen.look([], at)
    expect(seen.look([card], 61_400)).toEqual([card])
  })
})
