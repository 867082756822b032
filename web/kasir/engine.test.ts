import { describe, expect, test, vi } from 'vitest'
import { b64url, utf8 } from '../shared/bytes'
import type { Engine, Offer, Use, UseRequest, Verdict } from './contract'
import { dead, Killer, ORIGIN, printed, ready, START, terms, type World, world } from './testkit'

const bill = (v: Verdict, change: Partial<UseRequest> = {}): UseRequest => ({ offer: v.offers[0]!, gross: 100_000, receiptNumber: '', idChecked: false, ...change })

async function redeem(e: Engine, w: World, change: Partial<UseRequest> = {}, idx = 4711): Promise<Use> {
  const v = await e.scan(await w.text(await w.card(idx)))
  expect(v.reason).toBe('')
  return e.redeem(v, bill(v, change))
}

const granted = (w: World): number => [...w.server.rows.values()].filter((r) => r.outcome === 'granted' && !r.voided).length

/** back brings the network back after the till had noticed that it was gone. */
function back(w: World): void {
  w.server.network = () => 'ok'
  w.pass(25)
}

describe('joining', () => {
  test('a till joins, waits, is confirmed, and remembers all of it', async () => {
    const w = await world()
    const e = w.engine()
    await e.start()
    expect(e.state().phase).toBe('new')
    expect(await e.join('SALAH', 'Kasir 1')).toEqual({ code: 'enrolment_code_invalid' })
    expect(await e.join('GABUNG', ' ')).toEqual({ code: 'name_invalid' })
    expect(await e.join('GABUNG', 'Kasir 1')).toBeNull()
    expect(e.state().phase).toBe('pending')
    expect(e.state().till?.fingerprint).toMatch(/^\d{6}$/)
    await e.poll()
    expect(e.state().phase).toBe('pending')
    const again = w.engine()
    await again.start()
    expect([again.state().phase, again.state().till]).toEqual(['pending', e.state().till])
    w.server.till.state = 'active'
    await again.poll()
    expect([again.state().phase, again.state().outlet?.name]).toEqual(['ready', 'Monginsidi'])
    expect(again.state().freshness).toMatchObject({ statusAt: START, statusTooOld: false, clock: 'good' })
  })

  test('one that nobody confirmed begins anew', async () => {
    const w = await world()
    const e = w.engine()
    await e.start()
    await e.join('GABUNG', 'Kasir 1')
    w.server.till.state = 'revoked'
    await e.poll()
    expect([e.state().phase, e.state().problem]).toEqual(['new', { code: 'till_not_confirmed_in_time' }])
  })

  test('a phone whose clock is an hour off proves itself after the first answer', async () => {
    const w = await world()
    w.phone.wall += 3600_000
    const e = await ready(w)
    expect([e.state().phase, e.state().freshness.clock]).toEqual(['ready', 'off'])
    expect((await redeem(e, w)).state).toBe('recorded')
  })

  test('no network is said', async () => {
    const w = await world()
    w.server.network = dead
    const e = w.engine()
    await e.start()
    expect(await e.join('GABUNG', 'Kasir 1')).toEqual({ code: 'offline' })
  })
})

describe('scanning', () => {
  test('online the server judges, offline the till does, and it says which', async () => {
    const w = await world()
    const e = await ready(w)
    const card = await w.card()
    const v = await e.scan(await w.text(card))
    expect(v).toMatchObject({ kind: 'valid', reason: '', online: true, card: { form: 'phone', name: 'BU** SA*****', needsIdCheck: false } })
    expect(v.offers[0]).toMatchObject({ eligible: true, remaining: 3, offlineLeft: 15, minGross: 10_000, summary: '20 %' })
    w.server.network = dead
    const off = await e.scan(await w.text(card))
    expect(off).toMatchObject({ kind: 'valid', online: false, card: { name: 'BU** SA*****', expiresOn: '2027-03-22' } })
    expect(off.offers[0]).toMatchObject({ eligible: true, remaining: null, offlineLeft: 15 })
    expect(e.state().online).toBe(false)
  })

  test('what is no card, forged, stale or from the future is told at once', async () => {
    const w = await world()
    const e = await ready(w)
    const card = await w.card()
    w.server.asked = []
    const say = async (text: string): Promise<string> => (await e.scan(text)).reason
    expect(await say('https://example.com/menu')).toBe('not_our_card')
    expect(await say('')).toBe('not_our_card')
    expect(await say((await w.text(card)) + '\n')).toBe('card_malformed')
    expect(await say((await w.text(card)).replace('BU**', 'BI**'))).toBe('card_forged')
    expect(await say(await card.show(w.server.at - 121))).toBe('code_stale')
    expect(await say(await card.show(w.server.at + 125))).toBe('clock_mismatch')
    expect(await say('7K3M9QX0')).toBe('card_malformed')
    expect(w.server.asked).toEqual([])
  })

  test('the status list speaks where the server is silent', async () => {
    const w = await world()
    w.server.status.set(1, 1).set(2, 2).set(3, 3)
    const e = await ready(w)
    w.server.network = dead
    const say = async (idx: number): Promise<Verdict> => e.scan(await w.text(await w.card(idx)))
    expect(await say(1)).toMatchObject({ kind: 'not_valid', reason: 'card_revoked' })
    expect(await say(2)).toMatchObject({ kind: 'not_valid', reason: 'membership_inactive', offers: [] })
    expect(await say(3)).toMatchObject({ kind: 'not_valid', reason: 'membership_inactive' })
    expect(await say(131072 * 5)).toMatchObject({ kind: 'cannot_tell', reason: 'status_list_stale' })
  })

  test('the server hears of every test card, and the till refuses them without it too', async () => {
    const w = await world()
    w.server.status.set(1, 1).set(2, 2)
    const e = await ready(w)
    const test = (idx: number, day?: number): Promise<string> => printed(w.issuer, idx, 'KARTU-UJI-TEST-CARD', day)
    const today = Math.floor(w.server.at / 86400) // a card is over when the day begins
    w.server.asked = []
    for (const [text, reason] of [[await test(1), 'card_revoked'], [await test(3, today), 'card_expired'], [await test(2), 'membership_inactive']] as const) {
      w.server.network = () => 'ok'
      w.pass(25)
      w.server.refuse = reason
      expect(await e.scan(text)).toMatchObject({ kind: 'not_valid', reason, online: true })
      w.server.refuse = ''
      w.server.network = dead
      expect(await e.scan(text)).toMatchObject({ kind: 'not_valid', reason, online: false })
    }
  })

  test('a list of exactly 72 hours is good, a second more is not', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    w.pass(259_200)
    expect((await e.scan(await w.text(await w.card()))).reason).toBe('')
    w.pass(1)
    expect(await e.scan(await w.text(await w.card()))).toMatchObject({ kind: 'cannot_tell', reason: 'status_list_stale' })
    expect(e.state().freshness.statusTooOld).toBe(true)
  })

  test('the list of another province is fetched when it is met, and serves offline then', async () => {
    const w = await world()
    const e = await ready(w)
    const card = await w.card(131072 * 5 + 9)
    expect((await e.scan(await w.text(card))).kind).toBe('valid')
    await new Promise((r) => setTimeout(r, 50))
    w.server.network = dead
    expect(await e.scan(await w.text(card))).toMatchObject({ kind: 'valid', online: false })
  })

  test('a list older than the one held is refused', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.status.set(4711, 1)
    w.server.listIat = START - 1000
    w.pass(4000)
    await e.scan('x')
    w.server.lists = [0]
    const again = w.engine()
    await again.start()
    await refreshed(again, w)
    w.server.network = dead
    expect(again.state().freshness.statusAt).toBe(START)
  })

  test('a typed code needs the server', async () => {
    const w = await world()
    const e = await ready(w)
    const code = [...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'].map((c) => '7K3M9QX' + c)
    const verdicts = []
    for (const c of code) verdicts.push(await e.scan(c))
    expect(verdicts.filter((v) => v.kind === 'valid')).toHaveLength(1)
    w.server.network = dead
    const good = code[verdicts.findIndex((v) => v.kind === 'valid')]!
    expect(await e.scan(good.toLowerCase())).toMatchObject({ kind: 'cannot_tell', reason: 'offline_not_allowed' })
  })

  test('a key that is new is fetched', async () => {
    const w = await world()
    const e = await ready(w)
    await w.issuer.add('B8', ['card'])
    const { Card } = await import('./testkit')
    const card = await Card.issue(w.issuer, 77, 'B8')
    expect((await e.scan(await w.text(card))).reason).toBe('')
    w.server.network = dead
    expect((await e.scan(await w.text(await Card.issue(w.issuer, 78, 'B8')))).reason).toBe('')
  })

  test('after a failed request the next answers at once', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    await e.scan(await w.text(await w.card()))
    w.server.asked = []
    await e.scan(await w.text(await w.card()))
    expect(w.server.asked).not.toContain('POST /v1/validations')
  })

  test('a slow server is not waited for', async () => {
    const w = await world()
    const e = await ready(w)
    const slow = w.engine({ fetch: ((url: string, init: RequestInit) => (url.includes('validations') ? new Promise(() => {}) : w.server.fetch(url, init))) as typeof fetch })
    await slow.start()
    expect(await slow.scan(await w.text(await w.card()))).toMatchObject({ kind: 'valid', online: false })
    void e
  })
})

/** refreshed makes a till fetch its bundle, as it does every few minutes. */
async function refreshed(e: Engine, w: World): Promise<void> {
  const { network } = w.server
  w.server.network = () => 'dead'
  await e.scan(await w.text(await w.card(99)))
  w.server.network = network
  await e.scan(await w.text(await w.card(99)))
  await new Promise((r) => setTimeout(r, 100))
}

describe('the clock', () => {
  test('set back while offline, the till cannot tell', async () => {
    const w = await world()
    await ready(w)
    w.server.network = dead
    w.phone.wall -= 86_400_000
    const e = w.engine()
    await e.start()
    expect(e.state().freshness.clock).toBe('set_back')
    const v = await e.scan(await (await w.card()).show(w.phone.wall / 1000))
    expect(v).toMatchObject({ kind: 'cannot_tell', reason: 'clock_untrusted' })
    expect((await e.scan('https://x')).reason).toBe('not_our_card')
    back(w)
    expect((await e.scan(await w.text(await w.card()))).kind).toBe('valid')
    expect((await redeem(e, w)).state).toBe('recorded')
  })

  test('nothing is given offline by a clock that was set back', async () => {
    const w = await world()
    const e = await ready(w)
    const v = await e.scan(await w.text(await w.card()))
    w.server.network = dead
    w.phone.wall -= 86_400_000
    expect((await e.redeem(v, bill(v))).state).toBe('unsure')
  })
})

describe('using', () => {
  test('online it is recorded', async () => {
    const w = await world()
    const e = await ready(w)
    const u = await redeem(e, w, { receiptNumber: ' a-\u000012\n ' })
    expect(u).toMatchObject({ state: 'recorded', gross: 100_000, discount: 20_000, net: 80_000, receiptNumber: 'A-12', voidable: true })
    expect(u.receiptCode).not.toBe('')
    expect(await e.today()).toMatchObject({ uses: [{ key: u.key }], totals: { uses: 1, gross: 100_000, discount: 20_000, net: 80_000 } })
    expect(w.server.rows.size).toBe(1)
  })

  test('offline it is queued, survives a restart, and becomes one row', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    const u = await redeem(e, w)
    expect([u.state, e.state().unsent, w.server.rows.size]).toEqual(['queued', 1, 0])
    const again = w.engine()
    await again.start()
    expect(again.state().unsent).toBe(1)
    expect((await again.today()).uses).toMatchObject([{ key: u.key, state: 'queued' }])
    back(w)
    await again.sync()
    await again.sync()
    expect([again.state().unsent, granted(w), await w.server.chain()]).toEqual([0, 1, ''])
    expect((await again.today()).uses).toMatchObject([{ key: u.key, state: 'recorded' }])
    expect((await again.today()).uses[0]!.receiptCode).not.toBe('')
  })

  test('an answer that is lost after the server committed is no second row', async () => {
    const w = await world()
    const e = await ready(w)
    const v = await e.scan(await w.text(await w.card()))
    w.server.network = (path) => (path === '/v1/redemptions' ? 'cut' : 'ok')
    const u = await e.redeem(v, bill(v))
    expect([u.state, w.server.rows.size]).toEqual(['queued', 1])
    back(w)
    await e.sync()
    expect([granted(w), e.state().unsent, (await e.today()).uses[0]!.state]).toEqual([1, 0, 'recorded'])
  })

  test('a promo that is not for offline waits for an answer', async () => {
    const w = await world()
    w.server.benefits[0]!.terms = terms({ offline: { allowed: false, allowance: 0 } })
    const e = await ready(w)
    const v = await e.scan(await w.text(await w.card()))
    expect(v.offers[0]!.offlineLeft).toBeNull()
    w.server.network = (path) => (path === '/v1/redemptions' ? 'cut' : 'ok')
    const u = await e.redeem(v, bill(v))
    expect(u.state).toBe('unsure')
    expect(await e.leave(false)).toEqual({ code: 'unsent' })
    expect((await e.retry(u.key)).state).toBe('unsure')
    back(w)
    expect((await e.retry(u.key)).state).toBe('recorded')
    expect(granted(w)).toBe(1)
  })

  test('one that is given up is taken back, whatever the server had', async () => {
    for (const fate of ['cut', 'dead'] as const) {
      const w = await world()
      w.server.benefits[0]!.terms = terms({ offline: { allowed: false, allowance: 0 } })
      const e = await ready(w)
      const v = await e.scan(await w.text(await w.card()))
      w.server.network = (path) => (path === '/v1/redemptions' ? fate : 'ok')
      const u = await e.redeem(v, bill(v))
      await e.giveUp(u.key)
      expect((await e.today()).uses[0]!.state).toBe('voided')
      back(w)
      await e.sync()
      expect([granted(w), e.state().unsent, w.server.voids.has(u.key)]).toEqual([0, 0, true])
    }
  })

  test('an allowance is not overspent, offline or over restarts, and the server\'s count takes over', async () => {
    const w = await world()
    w.server.allowance.uses = 3
    let e = await ready(w)
    w.server.network = dead
    for (let i = 0; i < 3; i++) expect((await redeem(e, w, {}, 100 + i)).state).toBe('queued')
    e = w.engine()
    await e.start()
    const v = await e.scan(await w.text(await w.card(200)))
    expect(v.offers[0]).toMatchObject({ eligible: false, reason: 'offline_allowance_spent', offlineLeft: 0 })
    back(w)
    await e.sync()
    w.server.allowance.uses = 5
    await refreshed(e, w)
    w.server.network = dead
    expect((await e.scan(await w.text(await w.card(201)))).offers[0]).toMatchObject({ eligible: true, offlineLeft: 2 })
  })

  test('an allowance whose time is over gives nothing', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    w.pass(172_800)
    expect((await e.scan(await w.text(await w.card()))).offers[0]).toMatchObject({ eligible: false, reason: 'offline_allowance_spent' })
  })

  test('the till\'s own uses of today count against the person\'s limit offline', async () => {
    const w = await world()
    w.server.benefits[0]!.terms = terms({ limits: { participant: { count: 1, per: 'month' } } })
    const e = await ready(w)
    await redeem(e, w)
    w.server.network = dead
    w.pass(60)
    expect((await e.scan(await w.text(await w.card()))).offers[0]).toMatchObject({ eligible: false, reason: 'limit_participant' })
    expect((await e.scan(await w.text(await w.card(5)))).offers[0]!.eligible).toBe(true)
  })

  test('a code is used once, a double tap is one use', async () => {
    const w = await world()
    const e = await ready(w)
    const text = await w.text(await w.card())
    const v = await e.scan(text)
    const [a, b] = await Promise.all([e.redeem(v, bill(v)), e.redeem(v, bill(v))])
    expect([a.key, w.server.rows.size]).toEqual([b.key, 1])
    expect((await e.scan(text)).reason).toBe('code_replayed')
    expect(await e.redeem(v, bill(v, { gross: 50_000 }))).toMatchObject({ state: 'refused', reason: 'code_replayed' })
    expect(w.server.rows.size).toBe(1)
  })

  test('a refusal of the server is shown, and the code is free again', async () => {
    const w = await world()
    const e = await ready(w)
    const v = await e.scan(await w.text(await w.card()))
    w.server.refuse = 'limit_participant'
    expect(await e.redeem(v, bill(v))).toMatchObject({ state: 'refused', reason: 'limit_participant', voidable: false })
    w.server.refuse = ''
    expect((await e.redeem(v, bill(v))).state).toBe('recorded')
  })

  test('a bill below the minimum, a missing look at the KTP and an old scan are refused without asking', async () => {
    const w = await world()
    w.server.benefits[0]!.terms = terms({ needs_id_check: true })
    const e = await ready(w)
    const v = await e.scan(await w.text(await w.card()))
    expect(e.preview(v, v.offers[0]!, 9_999)).toEqual({ gross: 9_999, discount: 0, net: 9_999, reason: 'below_minimum' })
    expect(e.preview(v, v.offers[0]!, 300_001)).toEqual({ gross: 300_001, discount: 50_000, net: 250_001, reason: '' })
    expect((await e.redeem(v, bill(v, { gross: 5 }))).reason).toBe('below_minimum')
    expect((await e.redeem(v, bill(v))).reason).toBe('needs_id_check')
    w.pass(901)
    expect((await e.redeem(v, bill(v, { idChecked: true }))).reason).toBe('code_stale')
    expect(w.server.rows.size).toBe(0)
    expect((await e.today()).uses).toEqual([])
  })

  test('a printed card is used offline with a look at the KTP', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    const v = await e.scan(await printed(w.issuer, 12))
    expect(v).toMatchObject({ kind: 'valid', card: { form: 'printed', needsIdCheck: true } })
    expect((await e.redeem(v, bill(v, { idChecked: true }))).state).toBe('queued')
  })

  test('uses of yesterday go, what is unsent stays', async () => {
    const w = await world()
    const e = await ready(w)
    await redeem(e, w)
    w.server.network = dead
    const kept = await redeem(e, w, {}, 5)
    w.pass(86_400)
    const again = w.engine()
    await again.start()
    expect((await again.today()).uses.map((u) => u.key)).toEqual([kept.key])
    expect((await again.today()).totals.uses).toBe(0)
  })
})

describe('taking back', () => {
  test('online, offline and in the queue, within 15 minutes', async () => {
    const w = await world()
    const e = await ready(w)
    const a = await redeem(e, w, {}, 1000)
    expect(await e.undo(a.key, 'salah')).toMatchObject({ state: 'voided' })
    const b = await redeem(e, w, {}, 1001)
    w.server.network = dead
    expect(await e.undo(b.key, 'salah')).toMatchObject({ state: 'voided' })
    const c = await redeem(e, w, {}, 1002)
    expect(await e.undo(c.key, 'salah')).toMatchObject({ state: 'voided' })
    expect(await e.undo(c.key, 'lagi')).toMatchObject({ state: 'voided' })
    const d = await redeem(e, w, {}, 1003)
    w.pass(901)
    expect(await e.undo(d.key, 'salah')).toEqual({ code: 'too_late' })
    expect(await e.undo('nothing', 'salah')).toEqual({ code: 'not_found' })
    back(w)
    await e.sync()
    expect([granted(w), e.state().unsent, await w.server.chain()]).toEqual([1, 0, ''])
    expect((await e.today()).totals.uses).toBe(1)
  })
})

describe('cashiers', () => {
  async function withPin(w: World, version = 1, pin = '271828'): Promise<void> {
    const salt = crypto.getRandomValues(new Uint8Array(16))
    const key = await crypto.subtle.importKey('raw', utf8(pin), 'PBKDF2', false, ['deriveBits'])
    const hash = new Uint8Array(await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 1000 }, key, 256))
    w.server.cashiers = [{ id: 'c1', name: 'Ayu', state: 'active', pin_version: version, pin: { salt: b64url(salt), hash: b64url(hash), rounds: 1000 } }]
  }

  test('the PIN opens, ten quiet minutes close, a restart in between does not', async () => {
    const w = await world()
    await withPin(w)
    const e = await ready(w)
    expect(e.state()).toMatchObject({ phase: 'locked', cashiers: [{ id: 'c1', attemptsLeft: 5, locked: false }] })
    expect(await e.signIn('c1', '000000')).toEqual({ code: 'pin_wrong' })
    expect(e.state().cashiers[0]!.attemptsLeft).toBe(4)
    expect(await e.signIn('c1', '271828')).toBeNull()
    expect(e.state()).toMatchObject({ phase: 'ready', cashier: { id: 'c1' }, cashiers: [{ attemptsLeft: 5 }] })
    w.pass(300)
    const again = w.engine()
    await again.start()
    expect(again.state().phase).toBe('ready')
    w.pass(301)
    const later = w.engine()
    await later.start()
    expect(later.state().phase).toBe('locked')
    await e.signOut()
    expect(e.state().phase).toBe('locked')
  })

  test('five wrong ones lock, over restarts and by killing too, until there is a new PIN', async () => {
    const w = await world()
    await withPin(w)
    await ready(w)
    for (let i = 0; i < 4; i++) {
      const e = w.engine()
      await e.start()
      expect(await e.signIn('c1', '111111')).toEqual({ code: 'pin_wrong' })
    }
    for (let at = 1; at < 9; at++) {
      const killer = new Killer(at)
      const e = w.engine(killer.deps(w))
      await e.start().then(() => e.signIn('c1', '111112')).catch(() => {})
    }
    const e = w.engine()
    await e.start()
    expect(e.state().cashiers[0]).toMatchObject({ locked: true, attemptsLeft: 0 })
    expect(await e.signIn('c1', '271828')).toEqual({ code: 'pin_locked' })
    await withPin(w, 2, '314159')
    await refreshed(e, w)
    expect(await e.signIn('c1', '314159')).toBeNull()
  })
})

describe('sending', () => {
  test('two tabs at once send each use once', async () => {
    for (const locks of [undefined, fakeLocks()]) {
      const w = await world()
      const e = await ready(w)
      w.server.network = dead
      for (let i = 0; i < 4; i++) await redeem(e, w, {}, 300 + i)
      const other = w.engine({ locks })
      const third = w.engine({ locks })
      await Promise.all([other.start(), third.start()])
      await Promise.all([redeem(other, w, {}, 400), redeem(third, w, {}, 401), redeem(e, w, {}, 402)])
      back(w)
      await Promise.all([other.sync(), third.sync(), other.sync()])
      await other.sync()
      expect([granted(w), w.server.items.size, await w.server.chain()]).toEqual([7, 7, ''])
      expect((await other.today()).totals.uses).toBe(7)
      expect(other.state().unsent).toBe(0)
    }
  })

  test('an answer of the batch that is lost changes nothing', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    for (let i = 0; i < 3; i++) await redeem(e, w, {}, 300 + i)
    back(w)
    w.server.network = (path) => (path.endsWith('batch') ? 'cut' : 'ok')
    await e.sync()
    expect([e.state().unsent, w.server.rows.size, e.state().problem]).toEqual([3, 3, { code: 'offline' }])
    back(w)
    await e.sync()
    expect([e.state().unsent, w.server.rows.size, e.state().problem]).toEqual([0, 3, null])
  })

  test('a long queue goes in batches', async () => {
    const w = await world()
    w.server.allowance.uses = 200
    const e = await ready(w)
    w.server.network = dead
    for (let i = 0; i < 60; i++) await redeem(e, w, {}, 300 + i)
    back(w)
    await e.sync()
    expect([e.state().unsent, granted(w), w.server.asked.filter((a) => a.endsWith('batch')).length, await w.server.chain()]).toEqual([0, 60, 2, ''])
  })

  test('a revoked till hands in what it holds, and gives nothing more', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    const u = await redeem(e, w)
    back(w)
    w.server.till.state = 'revoked'
    w.pass(900)
    await e.scan(await w.text(await w.card(9)))
    expect(e.state().phase).toBe('revoked')
    expect(await e.scan(await w.text(await w.card(9)))).toMatchObject({ kind: 'cannot_tell', reason: 'till_revoked' })
    expect(await e.join('GABUNG', 'Kasir 2')).toEqual({ code: 'unsent' })
    await e.sync()
    expect([e.state().unsent, w.server.rows.get(u.key)?.reason]).toEqual([0, 'till_revoked'])
    expect(await e.join('GABUNG', 'Kasir 2')).toBeNull()
    expect(e.state().phase).toBe('pending')
  })

  test('what the server does not take in stays in sight', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    const u = await redeem(e, w)
    back(w)
    const keys = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) as CryptoKeyPair
    const honest = w.server.till.key
    const { fetch } = w.server
    const strange = w.engine({
      fetch: (async (url: string, init: RequestInit) => {
        if (!url.endsWith('batch')) return fetch(url, init)
        return new Response(JSON.stringify({ results: [{ key: '', outcome: 'rejected', reason: 'item_unknown_till', id: null, flags: [] }] }), { headers: { 'Content-Type': 'application/json' } })
      }) as typeof globalThis.fetch,
    })
    await strange.start()
    await strange.sync()
    expect(strange.state()).toMatchObject({ unsent: 0, problem: { code: 'item_rejected' } })
    w.pass(86_400)
    expect((await strange.today()).uses).toMatchObject([{ key: u.key, state: 'refused', reason: 'item_unknown_till' }])
    void [keys, honest]
  })

  test('a portal that answers everything is no answer', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    await redeem(e, w)
    const portal = w.engine({ fetch: (async () => new Response('<html>', { headers: { 'Content-Type': 'text/html', Date: new Date(0).toUTCString() } })) as typeof fetch })
    await portal.start()
    await portal.sync()
    expect(portal.state()).toMatchObject({ unsent: 1, online: false, freshness: { clock: 'good' } })
  })
})

test('what another tab found out stays', async () => {
  const w = await world()
  w.server.benefits[0]!.terms = terms({ offline: { allowed: false, allowance: 0 } })
  await ready(w)
  const other = w.engine()
  await other.start()
  const slow = w.engine({
    fetch: (async (url: string, init: RequestInit) => {
      const answer = await w.server.fetch(url, init)
      if (url !== '/v1/redemptions') return answer
      await other.sync() // asks about the open use, and is told
      throw new TypeError('Failed to fetch')
    }) as typeof fetch,
  })
  await slow.start()
  expect((await redeem(slow, w)).state).toBe('recorded')
  expect((await slow.today()).uses.map((u) => u.state)).toEqual(['recorded'])
})

test('the worker sends by itself', async () => {
  const w = await world()
  const e = await ready(w)
  w.server.network = dead
  await redeem(e, w)
  back(w)
  vi.stubGlobal('indexedDB', w.factory)
  vi.stubGlobal('fetch', w.server.fetch)
  vi.stubGlobal('navigator', { locks: fakeLocks() })
  const { syncAlone } = await import('./sync')
  const source = { wall: () => w.phone.wall, mono: () => w.phone.mono }
  w.server.network = (path) => (path.endsWith('batch') ? 'cut' : 'ok')
  expect(await syncAlone(source)).toBe('offline')
  w.server.network = () => 'ok'
  w.phone.wall += 7_200_000 // set wrong meanwhile: the first refusal tells the time
  expect(await syncAlone(source)).toBe('')
  w.phone.wall -= 7_200_000
  vi.unstubAllGlobals()
  expect([granted(w), w.server.rows.size]).toEqual([1, 1])
  expect((await e.today()).uses[0]!.state).toBe('recorded')
})

const fakeLocks = (): Pick<LockManager, 'request'> => {
  let last: Promise<unknown> = Promise.resolve()
  return { request: ((_: string, work: () => Promise<unknown>) => (last = last.then(work, work))) as LockManager['request'] }
}

describe('leaving', () => {
  test('not while something is unsent, unless it is said; then nothing is left', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    await redeem(e, w)
    expect(await e.leave(false)).toEqual({ code: 'unsent' })
    back(w)
    await e.sync()
    expect(await e.leave(false)).toBeNull()
    expect(w.server.till.state).toBe('revoked')
    expect(e.state()).toMatchObject({ phase: 'new', till: null, outlet: null, unsent: 0 })
    const again = w.engine()
    await again.start()
    expect([again.state().phase, (await again.today()).uses]).toEqual(['new', []])
    expect(await again.join('GABUNG', 'Kasir 2')).toBeNull()
  })

  test('by force it goes at once', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.network = dead
    await redeem(e, w)
    expect(await e.leave(true)).toBeNull()
    expect(e.state().phase).toBe('new')
  })
})

test('settings are kept', async () => {
  const w = await world()
  const e = await ready(w)
  await e.set({ lang: 'en', sound: false })
  const again = w.engine()
  await again.start()
  expect(again.state().settings).toEqual({ lang: 'en', sound: false, vibration: true, torch: false })
  expect((await again.scan(await w.text(await w.card()))).offers[0]!.summary).toBe('20%')
})

test('nothing about people is kept besides the uses of today', async () => {
  const w = await world()
  const e = await ready(w)
  const text = await w.text(await w.card())
  await e.scan(text)
  const v = await e.scan(text)
  await e.redeem(v, bill(v))
  const { openStore, read } = await import('./store')
  const db = await openStore(w.factory)
  const all = await read(db, 'kv queue uses', async (t) => [await t.all('kv'), await t.all('queue'), await t.all('uses')])
  expect(JSON.stringify(all)).not.toContain(text)
  expect(JSON.stringify(all)).not.toContain(ORIGIN.toUpperCase())
  const offer: Offer = v.offers[0]!
  expect(JSON.stringify(all)).toContain(offer.title)
})
