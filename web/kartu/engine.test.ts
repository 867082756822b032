import { describe, expect, test, vi } from 'vitest'
import vectors from '../../cards/testdata/card-vectors.json'
import { base32 } from '../shared/bytes'
import { expand } from '../shared/card'
import { keyPair } from '../shared/device'
import { importPoint } from '../shared/p256'
import { fromB64url, utf8 } from '../shared/bytes'
import type { Engine } from './contract'
import { formOf, originOf, present } from './keys'
import { NAME } from './store'
import { DAY, listing, NOTICE, ORIGIN, ready, START, use, type World, world } from './testkit'

const count = (w: World, what: string): number => w.server.asked.filter((a) => a === what).length
const deadNet = (w: World): void => void (w.server.network = () => 'dead')

/** back brings the network back after the phone had noticed that it was gone. */
function back(w: World): void {
  w.server.network = () => 'ok'
  w.pass(25)
}

const standing = (e: Engine): string => e.state().phase + e.state().endedBecause

async function again(w: World, deps = {}): Promise<Engine> {
  const e = w.engine(deps)
  await e.start()
  return e
}

describe('the proof', () => {
  test('has the form of the vectors, and the words that are signed are theirs to the byte', async () => {
    const stored = vectors.bound.split('.').slice(0, -2).join('.')
    expect(originOf(stored)).toBe(ORIGIN)
    const { key, x, y } = await keyPair()
    const text = await present(stored, key, 1797000000)
    expect(text.slice(0, -103)).toBe(vectors.bound.slice(0, -103))
    expect(text.slice(-103)).toMatch(/^[A-Z2-7]{103}$/)
    const [made, want] = [(await expand(ORIGIN, text)).card!, (await expand(ORIGIN, vectors.bound)).card!]
    expect(made.proof!.input).toBe(want.proof!.input)
    expect(made.issuer).toEqual(want.issuer)
    const verifying = await importPoint(fromB64url(x)!, fromB64url(y)!)
    expect(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, verifying, made.proof!.signature, utf8(made.proof!.input))).toBe(true)
  })

  test('is made for cards of phones only', async () => {
    const { key } = await keyPair()
    for (const text of ['', 'HTTPS://KARTU.EXAMPLE/', vectors.printed, vectors.bound]) {
      await expect(present(text, key, START)).rejects.toThrow()
      expect(await formOf(text)).toBeNull()
    }
  })
})

describe('a card comes onto the phone', () => {
  test('with a key that cannot leave it, and a till takes what it shows', async () => {
    const w = await world()
    const e = w.engine()
    expect(e.state().phase).toBe('loading')
    await e.start()
    expect([e.state().phase, e.state().card, await e.code()]).toEqual(['new', null, null])
    expect(await e.activate('SALAH', NOTICE)).toEqual({ code: 'activation_invalid' })
    expect(await e.activate(' ', NOTICE)).toEqual({ code: 'activation_invalid' })
    expect(await e.activate(' ko-de ', NOTICE)).toBeNull()
    expect(w.server.consents).toEqual([{ version: NOTICE.version, text_hash: NOTICE.hash }])
    expect(e.state()).toMatchObject({
      phase: 'ready', online: true, busy: false, renewal: 'fresh', consentDue: false, unseenUses: 0, endedBecause: '',
      card: { name: 'BU** SA*****', shortCode: 'K7M29QXA', standing: 'active', branch: 'Palu', protectedUntil: '2027-06-30', segment: 'bpu', checkedAt: START },
    })
    const code = (await e.code())!
    expect((await w.server.judge(code.text)).code).toBe('OK')
    const other = await again(w)
    expect(other.state().card).toEqual(e.state().card)
    const db = await new Promise<IDBDatabase>((done) => {
      const r = w.factory.open(NAME)
      r.onsuccess = () => done(r.result as unknown as IDBDatabase)
    })
    const identity = await new Promise<{ key: CryptoKey }>((done) => {
      const r = db.transaction('kv').objectStore('kv').get('identity')
      r.onsuccess = () => done(r.result as { key: CryptoKey })
    })
    expect(identity.key.extractable).toBe(false)
    await expect(crypto.subtle.exportKey('pkcs8', identity.key)).rejects.toThrow()
  })

  test('an answer that was lost: the same code asks again with the same key', async () => {
    const w = await world()
    const e = await again(w)
    w.server.network = (path) => (path === '/v1/activations' ? 'deaf' : 'ok')
    expect(await e.activate('KODE', NOTICE)).toEqual({ code: 'offline' })
    expect([e.state().phase, w.server.cards.length]).toEqual(['new', 1])
    back(w)
    expect(await e.activate('KODE', NOTICE)).toBeNull()
    expect(w.server.cards).toHaveLength(1)
    expect(e.state()).toMatchObject({ phase: 'ready', card: { shortCode: 'K7M29QXA', standing: 'active' } })
    expect(count(w, 'POST /v1/my/token')).toBe(1)
    expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
  })

  test('and so does a phone that was switched off in between, by itself', async () => {
    const w = await world()
    const e = await again(w)
    w.server.network = (path) => (path === '/v1/activations' ? 'deaf' : 'ok')
    await e.activate('KODE', NOTICE)
    back(w)
    const next = await again(w)
    expect(next.state().phase).toBe('new')
    await next.refresh()
    expect([next.state().phase, w.server.cards.length]).toEqual(['ready', 1])
  })

  test('a refusal other than of the code keeps the key; one of the code forgets it', async () => {
    const w = await world()
    const e = await again(w)
    w.server.network = (path) => (path === '/v1/activations' ? 'deaf' : 'ok')
    await e.activate('KODE', NOTICE)
    back(w)
    w.server.fails.set('/v1/activations', [422, 'consent_version'])
    expect(await e.activate('KODE', NOTICE)).toEqual({ code: 'consent_version' })
    w.server.fails.clear()
    w.server.cards[0]!.state = 'revoked'
    expect(await e.activate('KODE', NOTICE)).toEqual({ code: 'activation_invalid' })
    w.server.cards[0]!.state = 'active'
    expect(await e.activate('KODE', NOTICE)).toEqual({ code: 'activation_invalid' })
  })

  test('a code that another phone used is refused', async () => {
    const w = await world()
    await ready(w)
    const other = await world()
    const thief = other.engine({ fetch: w.server.fetch as typeof fetch })
    await thief.start()
    expect(await thief.activate('KODE', NOTICE)).toEqual({ code: 'activation_invalid' })
  })

  test('no network, no storage and a claim are told', async () => {
    const w = await world()
    deadNet(w)
    const e = await again(w)
    expect(await e.activate('KODE', NOTICE)).toEqual({ code: 'offline' })
    expect(await e.notice()).toEqual({ code: 'offline' })
    expect(await e.claim({ kind: 'nik', number: '1', birthOn: '1980-01-01' })).toEqual({ code: 'offline' })
    back(w)
    expect(await e.claim({ kind: 'nik', number: '1', birthOn: '1980-01-01' })).toEqual({ id: 'claim', expiresAt: w.server.at + 300 })
    expect(await e.confirm('claim', '000000')).toEqual({ code: 'claim_code_invalid' })
    expect(await e.confirm('claim', '204816')).toEqual({ code: 'KODE' })
    expect(await e.notice()).toMatchObject({ version: NOTICE.version, sections: [{ body: 'Isi' }] })
    const closed = w.engine({ open: () => Promise.reject(new Error('closed')) })
    await closed.start().catch(() => {})
    expect([closed.state().phase, await closed.activate('KODE', NOTICE)]).toEqual(['new', { code: 'storage' }])
  })
})

describe('without a network', () => {
  test('the card is there at once, with a proof and how old everything is', async () => {
    const w = await world()
    w.server.uses = [use(1)]
    w.server.listings = [listing(1), listing(2)]
    await ready(w)
    deadNet(w)
    w.pass(3 * DAY)
    const e = w.engine({ fetch: (() => new Promise(() => {})) as typeof fetch }) // nothing ever answers
    await e.start()
    expect(e.state()).toMatchObject({ phase: 'ready', card: { standing: 'active', checkedAt: START } })
    expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
    expect((await e.places()).at).toBe(START)
    expect((await e.places()).value[0]).toMatchObject({ id: 'o1', promos: [{ title: 'Servis', mine: { eligible: true, remaining: 2 } }] })
    expect(await e.uses()).toMatchObject({ at: START, value: { savedThisYear: 10_000, items: [{ id: 'u1', fresh: false }] } })
  })

  test('what was never had has no age, and doing something says offline', async () => {
    const w = await world()
    const e = await ready(w)
    deadNet(w)
    expect(await e.cards()).toEqual({ value: [], at: 0 })
    expect(await e.wish('s1', '')).toEqual({ code: 'offline' })
    expect(await e.request('erase', '')).toEqual({ code: 'offline' })
    expect(await e.exported()).toEqual({ code: 'offline' })
    expect(e.state().online).toBe(false)
  })

  test('a protection that ends is said on its day, with no server to say it', async () => {
    const w = await world()
    w.server.membership = { state: 'active', protected_until: '2026-12-28' }
    const e = await ready(w)
    expect(e.state().card!.standing).toBe('active')
    deadNet(w)
    w.pass(4 * DAY)
    await e.code()
    expect((await again(w)).state().card!.standing).toBe('ends_soon')
    w.pass(15 * DAY)
    expect((await again(w)).state().card!.standing).toBe('inactive')
  })
})

describe('the cadence', () => {
  test('a proof is shown for thirty seconds and its time only goes on', async () => {
    const w = await world()
    const e = await ready(w)
    const first = (await e.code())!
    expect(first.freshUntil).toBe(first.madeAt + 30)
    w.pass(29)
    expect(await e.code()).toEqual(first)
    w.pass(1)
    const [second, same] = await Promise.all([e.code(), e.code()])
    expect(second!.madeAt).toBe(first.madeAt + 30)
    expect(same).toBe(second)
    let before = second!.madeAt
    for (const step of [30, 31, 400, -200, 60]) {
      w.pass(Math.max(step, 0))
      if (step < 0) w.phone.wall += step * 1000
      const { madeAt, text } = (await e.code())!
      expect(madeAt).toBeGreaterThanOrEqual(before)
      expect((await w.server.judge(text)).code).toBe('OK')
      before = madeAt
    }
  })

  test('after a restart no proof is older than one that was shown', async () => {
    const w = await world()
    const e = await ready(w)
    w.pass(3600)
    const { madeAt } = (await e.code())!
    deadNet(w)
    w.phone.wall -= 2 * 3600_000
    w.phone.mono = 0
    const next = await again(w)
    expect((await next.code())!.madeAt).toBeGreaterThanOrEqual(madeAt)
    expect(next.state().clock.state).toBe('set_back')
    expect(next.state().clock.by).toBe(-2 * 3600)
  })
})

describe('the clock', () => {
  test.each([600, -600])('of a phone that is %i s away is said, and the proof is right', async (by) => {
    const w = await world()
    w.phone.wall += by * 1000
    const e = await ready(w)
    expect(e.state().clock.state).toBe('off')
    expect(Math.abs(e.state().clock.by - by)).toBeLessThanOrEqual(1)
    expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
    deadNet(w)
    w.pass(3600)
    const next = await again(w)
    expect((await w.server.judge((await next.code())!.text)).code).toBe('OK')
    expect(next.state().clock.state).toBe('off')
  })

  test('up to two minutes are nobody’s concern', async () => {
    const w = await world()
    w.phone.wall += 110_000
    expect((await ready(w)).state().clock.state).toBe('good')
    const far = await world()
    far.phone.wall += 125_000
    expect((await ready(far)).state().clock.state).toBe('off')
  })

  test('a wrong clock does not keep the phone from proving itself', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.tokens.clear()
    w.phone.wall -= 5 * 3600_000
    w.phone.mono = 0
    const next = await again(w)
    await next.refresh()
    expect(next.state()).toMatchObject({ online: true, clock: { state: 'off' } })
    expect((await next.cards()).at).toBeGreaterThan(0)
    expect(e.state().phase).toBe('ready')
  })
})

describe('renewal', () => {
  test('is due after seven days, and the same card goes on', async () => {
    const w = await world()
    const e = await ready(w)
    const before = e.state().card!
    w.pass(6 * DAY)
    await e.refresh()
    expect(w.server.renewals).toBe(0)
    w.pass(1 * DAY)
    expect(w.engine().state().phase).toBe('loading')
    await e.refresh()
    expect(w.server.renewals).toBe(1)
    expect(e.state()).toMatchObject({ renewal: 'fresh', card: { id: before.id, shortCode: before.shortCode } })
    expect(e.state().card!.expiresOn > before.expiresOn).toBe(true)
    expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
    await e.refresh()
    expect(w.server.renewals).toBe(1)
  })

  test('an answer that was lost loses nothing', async () => {
    const w = await world()
    const e = await ready(w)
    w.pass(8 * DAY)
    w.server.network = (path) => (path === '/v1/my/card/renew' ? 'deaf' : 'ok')
    await e.refresh()
    expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
    back(w)
    await e.refresh()
    expect([w.server.renewals, e.state().renewal]).toEqual([1, 'fresh'])
  })

  test('two tabs renew once, with locks and without', async () => {
    for (const locks of [undefined, tablocks()]) {
      const w = await world()
      await ready(w)
      w.pass(8 * DAY)
      const tabs = await Promise.all([1, 2, 3].map(() => again(w, { locks })))
      await Promise.all(tabs.map((e) => e.refresh()))
      expect(count(w, 'POST /v1/my/card/renew')).toBe(1)
      expect(w.server.renewals).toBe(1)
    }
  })

  test('is tried again by itself after one, five and thirty minutes, then hourly', async () => {
    const w = await world()
    await ready(w)
    w.pass(8 * DAY)
    w.server.fails.set('/v1/my/card/renew', [503, 'overloaded'])
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
    vi.stubGlobal('addEventListener', () => {})
    try {
      const e = await again(w, { background: true })
      const tries = (): number => count(w, 'POST /v1/my/card/renew')
      const minute = async (n: number): Promise<void> => {
        for (let i = 0; i < n * 6; i++) {
          w.pass(10)
          vi.advanceTimersByTime(10_000)
          await settled()
        }
      }
      await settled()
      expect(tries()).toBe(1)
      const seen: number[] = []
      for (let m = 1; m <= 160; m++) {
        const had = tries()
        await minute(1)
        if (tries() > had) seen.push(m)
      }
      expect(seen).toEqual([1, 6, 36, 96, 156])
      w.server.fails.clear()
      await minute(61)
      expect([w.server.renewals, e.state().renewal]).toEqual([1, 'fresh'])
    } finally {
      vi.useRealTimers()
      vi.unstubAllGlobals()
    }
  }, 120_000)

  test('late is said, and a card past its day proves itself and is renewed', async () => {
    const w = await world()
    const e = await ready(w)
    deadNet(w)
    w.pass(20 * DAY)
    expect((await again(w)).state().renewal).toBe('due')
    w.pass(4 * DAY)
    expect((await again(w)).state().renewal).toBe('late')
    w.pass(10 * DAY)
    const late = await again(w)
    expect([late.state().card!.standing, await late.code()]).toEqual(['expired', null])
    back(w)
    w.server.tokens.clear()
    await late.refresh()
    expect([late.state().card!.standing, late.state().renewal]).toEqual(['active', 'fresh'])
    expect((await w.server.judge((await late.code())!.text)).code).toBe('OK')
    expect(e.state().phase).toBe('ready')
  })

  test('the text of another card or key is not taken', async () => {
    const w = await world()
    const e = await ready(w)
    w.pass(8 * DAY)
    const other = await world()
    await ready(other)
    w.server.cards[0] = { ...w.server.cards[0]!, text: other.server.cards[0]!.text, renewedAt: w.server.at }
    await e.refresh()
    expect(e.state().renewal).toBe('due')
    expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
  })
})

describe('a card that is over', () => {
  test('because it moved to another phone', async () => {
    const w = await world()
    const e = await ready(w)
    await e.uses()
    w.server.codes.set('LAIN', '')
    const other = await world()
    const phone = other.engine({ fetch: w.server.fetch as typeof fetch })
    await phone.start()
    expect(await phone.activate('LAIN', NOTICE)).toBeNull()
    await e.refresh()
    expect(e.state()).toMatchObject({ phase: 'ended', endedBecause: 'replaced', card: { standing: 'replaced', branch: 'Palu' } })
    expect([await e.code(), await e.wish('s1', '')]).toEqual([null, { code: 'card_replaced' }])
    const next = await again(w)
    expect([next.state().phase, (await next.uses()).at]).toEqual(['ended', 0])
    w.server.codes.set('LAGI', '')
    expect(await next.activate('LAGI', NOTICE)).toBeNull()
    expect(next.state()).toMatchObject({ phase: 'ready', endedBecause: '' })
  })

  test('because it was revoked, here too', async () => {
    const w = await world()
    const e = await ready(w)
    expect((await e.cards()).value).toMatchObject([{ form: 'phone', thisPhone: true, state: 'active' }])
    expect(await e.lose(e.state().card!.id, 'lost')).toBeNull()
    expect(e.state()).toMatchObject({ phase: 'ended', endedBecause: 'revoked' })
  })

  test('because the person asked to be erased; nobody’s name stays', async () => {
    const w = await world()
    const e = await ready(w)
    expect(await e.request('erase', '')).toBeNull()
    w.server.tokens.clear()
    w.server.erased = true
    await e.refresh()
    expect(e.state()).toMatchObject({ phase: 'ended', endedBecause: 'erased', card: null })
    expect((await again(w)).state().card).toBeNull()
  })

  test('but not because a server does not know it for once', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.tokens.clear()
    w.server.erased = true
    await e.refresh()
    expect(e.state().phase).toBe('ready')
    w.server.erased = false
    await e.refresh()
    expect((await e.cards()).at).toBe(START)
  })
})

describe('a phone that the server does not know any more', () => {
  /** unknown is a phone whose bearer ran out, of a card that the server has forgotten; list is what the status list says of it. */
  async function unknown(list: number): Promise<{ w: World; e: Engine }> {
    const w = await world()
    const e = await ready(w)
    w.server.tokens.clear()
    w.server.erased = true
    w.server.listed.set(4711, list)
    return { w, e }
  }
  test('learns from the signed list that its card is over, and keeps no name', async () => {
    const { w, e } = await unknown(1)
    await e.refresh()
    expect(e.state()).toMatchObject({ phase: 'ended', endedBecause: '', card: { name: '', shortCode: '', standing: 'revoked', branch: 'Palu' } })
    expect([await e.code(), await e.wish('s1', '')]).toEqual([null, { code: 'card_revoked' }])
    const next = await again(w)
    expect([next.state().phase, next.state().endedBecause, await next.code()]).toEqual(['ended', '', null])
    w.server.erased = false
    w.server.codes.set('LAGI', '')
    expect(await next.activate('LAGI', NOTICE)).toBeNull()
    expect(next.state().phase).toBe('ready')
  })

  test('keeps its card when the list says anything else, and does not ask for it again soon', async () => {
    for (const status of [0, 2, 3]) {
      const { w, e } = await unknown(status)
      w.server.listed.set(4710, 1).set(4712, 1)
      await e.refresh()
      await e.refresh()
      expect([standing(e), count(w, 'GET /s/0')]).toEqual(['ready', 1])
      w.server.listed.set(4711, 1)
      w.pass(901)
      await e.refresh()
      expect([standing(e), count(w, 'GET /s/0')]).toEqual(['ended', 2])
    }
  })

  test('keeps its card when the list does not come or is not the issuer’s', async () => {
    const stranger = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
    const wrongs: ((w: World) => void)[] = [
      (w) => (w.server.network = (path) => (path === '/s/0' ? 'dead' : 'ok')),
      (w) => (w.server.network = (path) => (path === '/.well-known/jwks.json' ? 'dead' : 'ok')),
      (w) => w.server.fails.set('/s/', [404, 'status_list_not_found']),
      (w) => (w.server.listKey = stranger.privateKey),
    ]
    for (const wrong of wrongs) {
      const { w, e } = await unknown(1)
      wrong(w)
      await e.refresh()
      expect(standing(e)).toBe('ready')
      expect((await w.server.judge((await e.code())!.text)).code).toBe('OK')
    }
  })

  test('asks for no list while the server has not told it the time', async () => {
    const { w } = await unknown(1)
    const dateless = (async (url: string, init: RequestInit) => {
      const answer = await w.server.fetch(url, init)
      answer.headers.delete('Date')
      return answer
    }) as typeof fetch
    const e = await again(w, { fetch: dateless })
    await e.refresh()
    expect([standing(e), count(w, 'GET /s/0')]).toEqual(['ready', 0])
    await (await again(w)).refresh()
    expect(count(w, 'GET /s/0')).toBe(1)
  })

  test('says that it was erased where that was asked for here, without a list', async () => {
    const w = await world()
    const e = await ready(w)
    await e.request('erase', '')
    w.server.tokens.clear()
    w.server.erased = true
    w.server.listed.set(4711, 1)
    await e.refresh()
    expect([standing(e), count(w, 'GET /s/0')]).toEqual(['endederased', 0])
  })

  test('leaves a card alone that another tab fetched meanwhile', async () => {
    const { w } = await unknown(1)
    let open = (): void => {}
    const gate = new Promise<void>((done) => (open = done))
    const late = (async (url: string, init: RequestInit) => {
      const answer = await w.server.fetch(url, init)
      if (url.endsWith('/s/0')) await gate
      return answer
    }) as typeof fetch
    const slow = await again(w, { fetch: late })
    const other = await again(w)
    const asked = slow.refresh()
    await vi.waitFor(() => expect(count(w, 'GET /s/0')).toBe(1))
    w.server.erased = false
    w.server.codes.set('LAIN', '')
    expect(await other.activate('LAIN', NOTICE)).toBeNull()
    open()
    await asked
    expect([standing(slow), standing(await again(w))]).toEqual(['ready', 'ready'])
  })
})

describe('a card that the branch replaced on this phone', () => {
  const shown = async (w: World, e: Engine): Promise<[string, number]> => {
    const { code, card } = await w.server.judge((await e.code())!.text)
    return [code, card!.idx]
  }

  test('is followed with the bearer that it has, and when that ran out', async () => {
    for (const out of [false, true]) {
      const w = await world()
      const e = await ready(w)
      const [first] = w.server.cards
      expect(await shown(w, e)).toEqual(['OK', 4711])
      const next = await w.server.replace(await w.server.replace(first!))
      if (out) w.server.tokens.clear()
      w.pass(61)
      await e.refresh()
      expect(e.state()).toMatchObject({ phase: 'ready', card: { id: next.id, standing: 'active' } })
      expect(await shown(w, e)).toEqual(['OK', 4713])
      expect((await e.cards()).value.find((c) => c.thisPhone)?.id).toBe(next.id)
      const other = await again(w)
      expect([other.state().card?.id, (await shown(w, other))[1]]).toEqual([next.id, 4713])
      w.server.tokens.clear()
      await e.refresh()
      expect(standing(e)).toBe('ready')
    }
  })

  test('is followed by a renewal', async () => {
    const w = await world()
    const e = await ready(w)
    const next = await w.server.replace(w.server.cards[0]!)
    w.pass(8 * DAY)
    await e.refresh()
    expect([w.server.renewals, e.state().renewal, e.state().card?.id]).toEqual([1, 'fresh', next.id])
    expect(await shown(w, e)).toEqual(['OK', 4712])
  })

  test('is not followed to another phone’s key', async () => {
    const w = await world()
    const e = await ready(w)
    const mine = e.state().card!.id
    const { x, y } = await keyPair()
    const away = await w.server.replace(w.server.cards[0]!, { x, y })
    for (const token of w.server.tokens.keys()) w.server.tokens.set(token, away.id) // a bearer of the person, not of this phone
    for (let i = 0; i < 2; i++) {
      w.pass(61)
      await e.refresh()
      expect(e.state().card?.id).toBe(mine)
    }
    expect(count(w, 'GET /v1/my/card')).toBe(1)
    w.server.tokens.clear()
    await e.refresh()
    expect(standing(e)).toBe('endedreplaced')
  })
})

describe('what is kept', () => {
  test('a bearer that ran out is asked for once, and the call made again', async () => {
    const w = await world()
    const e = await ready(w)
    w.server.tokens.clear()
    const [cards, wishes] = await Promise.all([e.cards(), e.wishes()])
    expect([cards.at, wishes.at]).toEqual([START, START])
    expect(count(w, 'POST /v1/my/token')).toBe(1)
    const other = await again(w)
    await other.accesses()
    expect(count(w, 'POST /v1/my/token')).toBe(1)
  })

  test('is shown at once and asked for anew behind it', async () => {
    const w = await world()
    w.server.listings = [listing(1)]
    const e = await ready(w)
    w.server.membership = { state: 'in_arrears' }
    w.server.uses = [use(1)]
    w.pass(3600)
    const held = e.state().held
    expect((await e.uses()).value.items).toEqual([])
    await vi.waitFor(() => expect(e.state().held).toBeGreaterThan(held))
    expect((await e.uses()).value.items).toHaveLength(1)
    await e.refresh()
    expect(e.state()).toMatchObject({ card: { standing: 'in_arrears', checkedAt: w.server.at }, unseenUses: 1 })
  })

  test('new uses are counted until they were looked at', async () => {
    const w = await world()
    w.server.uses = [use(2), use(3)]
    const e = await ready(w)
    expect(e.state().unseenUses).toBe(0)
    w.server.uses = [use(1), ...w.server.uses]
    w.pass(120)
    await e.refresh()
    expect(e.state().unseenUses).toBe(1)
    expect((await again(w)).state().unseenUses).toBe(1)
    expect((await e.uses()).value.items.map((u) => u.fresh)).toEqual([true, false, false])
    await e.seen()
    expect(e.state().unseenUses).toBe(0)
    expect((await again(w)).state().unseenUses).toBe(0)
  })

  test('older uses are read on, and stay where they meet the newest', async () => {
    const w = await world()
    w.server.uses = Array.from({ length: 75 }, (_, i) => use(i + 1))
    const e = await ready(w)
    expect((await e.uses()).value).toMatchObject({ more: true, usesThisYear: 75, year: 2026 })
    expect((await e.uses(true)).value.items).toHaveLength(60)
    expect((await e.uses(true)).value).toMatchObject({ more: false })
    w.pass(120)
    await e.refresh()
    const { items } = (await e.uses()).value
    expect([items.length, new Set(items.map((u) => u.id)).size, e.state().unseenUses]).toEqual([75, 75, 0])
  })

  test('the directory is of the province, all pages of it, and fetched again only where it changed', async () => {
    const w = await world()
    w.server.listings = [...Array.from({ length: 250 }, (_, i) => listing(i + 1)), listing(999, '31.71')]
    const e = await ready(w)
    const places = await e.places()
    expect([places.value.length, places.at]).toEqual([250, START])
    expect(w.server.asked.filter((a) => a.includes('region=72'))).toHaveLength(3)
    expect((await e.sectors()).value).toEqual([{ id: 's1', code: 'apotek', name: 'Apotek' }])
    await e.set({ lang: 'en' })
    expect((await e.places()).value[0]).toMatchObject({ sector: { name: 'Pharmacy' }, promos: [{ summary: '20% off' }] })
    w.pass(3600)
    w.server.asked = []
    w.server.headers = []
    w.server.listings[0]!.outlet.name = 'Baru'
    await e.refresh()
    expect((await e.places()).value[0]!.name).toBe('Baru')
    expect(w.server.headers.filter((h) => h['If-None-Match'])).toHaveLength(3)
    expect((await again(w)).state().settings.lang).toBe('en')
  })

  test('at most two thousand outlets', async () => {
    const w = await world()
    w.server.listings = Array.from({ length: 2300 }, (_, i) => listing(i + 1))
    const e = await ready(w)
    expect((await e.places()).value).toHaveLength(2000)
  })

  test('one phone, then another person: nothing of the first stays', async () => {
    const w = await world()
    w.server.uses = [use(1)]
    const e = await ready(w)
    await e.data()
    w.server.codes.set('LAIN', '')
    w.server.uses = []
    expect(await e.activate('LAIN', NOTICE)).toBeNull()
    deadNet(w)
    expect([(await e.uses()).value.items, (await e.data()).at]).toEqual([[], 0])
  })

  test('an answer about a card that is gone is not kept', async () => {
    const w = await world()
    await ready(w)
    let open = (): void => {}
    const gate = new Promise<void>((done) => (open = done))
    const slow = (async (url: string, init: RequestInit) => {
      const answer = await w.server.fetch(url, init)
      if (url.startsWith('/v1/my/data')) await gate
      return answer
    }) as typeof fetch
    const e = await again(w, { fetch: slow })
    const asked = e.data()
    await vi.waitFor(() => expect(count(w, 'GET /v1/my/data')).toBe(1))
    await e.forget()
    open()
    expect((await asked).at).toBe(0)
    deadNet(w)
    expect((await (await again(w)).data()).at).toBe(0)
  })

  test('what a second tab still waits for is not laid beside another person’s card', async () => {
    const w = await world()
    const first = await ready(w)
    let open = (): void => {}
    const gate = new Promise<void>((done) => (open = done))
    const late = (path: string) =>
      (async (url: string, init: RequestInit) => {
        const answer = await w.server.fetch(url, init)
        if (url.endsWith(path)) await gate
        return answer
      }) as typeof fetch
    const reading = await again(w, { fetch: late('/v1/my/data') })
    const read = reading.data()
    await vi.waitFor(() => expect(count(w, 'GET /v1/my/data')).toBe(1))
    w.server.tokens.clear()
    const proving = await again(w, { fetch: late('/v1/my/token') })
    const proved = proving.cards()
    await vi.waitFor(() => expect(count(w, 'POST /v1/my/token')).toBe(1))
    w.server.codes.set('LAIN', '')
    expect(await first.activate('LAIN', NOTICE)).toBeNull()
    open()
    await Promise.all([read, proved])
    deadNet(w)
    const next = await again(w)
    expect([next.state().card?.id, (await next.data()).at]).toEqual([first.state().card?.id, 0])
    expect(proving.state().card?.id).toBe(first.state().card?.id)
  })

  test('forgetting leaves nothing', async () => {
    const w = await world()
    const e = await ready(w)
    await e.cards()
    await e.forget()
    expect([e.state().phase, e.state().card, await e.code()]).toEqual(['new', null, null])
    deadNet(w)
    const next = await again(w)
    expect([next.state().phase, (await next.cards()).at, (await next.places()).at]).toEqual(['new', 0, 0])
  })
})

describe('doing something', () => {
  test('what was done without an answer is asked for by the next page, however fresh the list', async () => {
    const w = await world()
    const e = await ready(w)
    expect((await e.wishes()).value[0]!.wished).toBe(false)
    w.server.network = (path) => (path.startsWith('/v1/my/wishes/') ? 'deaf' : 'ok')
    expect(await e.wish('s1', '')).toEqual({ code: 'offline' })
    back(w)
    const next = await again(w)
    await next.wishes()
    await vi.waitFor(async () => expect((await next.wishes()).value[0]!.wished).toBe(true))
  })

  test('a dispute, a wish, requests and the consent', async () => {
    const w = await world()
    w.server.uses = [use(1)]
    const e = await ready(w)
    expect(await e.dispute('u1', 'not_me')).toBeNull()
    expect((await e.uses()).value.items[0]).toMatchObject({ state: 'disputed', canDispute: false, dispute: { reason: 'not_me', decision: '' } })
    expect(await e.dispute('gone', 'other')).toEqual({ code: 'not_found' })
    expect(await e.wish('s1', 'Apotek Jaya')).toBeNull()
    expect((await e.wishes()).value).toEqual([{ sector: { id: 's1', code: 'apotek', name: 'Apotek' }, wished: true, partner: 'Apotek Jaya' }])
    expect(await e.unwish('s1')).toBeNull()
    expect((await e.wishes()).value[0]!.wished).toBe(false)
    expect(await e.request('correct', 'nama salah')).toBeNull()
    const [asked] = (await e.requests()).value
    expect(asked).toMatchObject({ kind: 'correct', state: 'open', createdAt: START, dueAt: START + 3 * DAY })
    expect(await e.cancel(asked!.id)).toBeNull()
    expect((await e.requests()).value[0]!.state).toBe('cancelled')
    expect(await e.request('withdraw', '')).toBeNull()
    expect([e.state().card!.standing, await e.code()]).toEqual(['restricted', null])
    w.server.consentVersion = ''
    w.pass(120)
    await e.refresh()
    expect(e.state().consentDue).toBe(true)
    expect(await e.consent(NOTICE)).toBeNull()
    expect([e.state().consentDue, e.state().card!.standing]).toEqual([false, 'active'])
  })

  test('one’s own data, who looked, and the pass', async () => {
    const w = await world()
    const e = await ready(w)
    expect((await e.data()).value).toMatchObject({ name: 'Budi Santoso', idNumberMasked: '************0001' })
    expect(JSON.parse((await e.exported()) as string)).toMatchObject({ profile: { name: 'Budi Santoso' } })
    expect((await e.accesses()).value).toEqual([{ at: START, role: 'branch_officer', branch: 'Palu', action: 'view', reason: 'service' }])
    expect(await e.walletUrl()).toBe('https://pay.google.com/x')
  })

  test('refusals have their codes', async () => {
    const w = await world()
    const e = await ready(w)
    for (const [status, code, want] of [[429, 'x', 'rate_limited'], [503, 'x', 'overloaded'], [500, 'x', 'other'], [422, 'validation_failed', 'validation_failed'], [409, 'processing_restricted', 'restricted']] as const) {
      w.server.fails.set('/v1/my/data-requests', [status, code])
      expect(await e.request('correct', '')).toEqual({ code: want })
    }
  })

  test('nothing secret is in an address', async () => {
    const w = await world()
    const e = await ready(w)
    await e.cards()
    const urls = w.server.asked.join('\n')
    for (const secret of ['KODE', 'blp_', 'K7M29QXA', 'BU**', base32(new Uint8Array(4)), ORIGIN.toUpperCase()]) expect(urls).not.toContain(secret)
  })
})

/** settled lets everything that is under way come to an end. */
async function settled(): Promise<void> {
  for (let i = 0; i < 8; i++) await new Promise((done) => setTimeout(done, 0))
}

/** tablocks is the Web Locks of one browser. */
function tablocks(): Pick<LockManager, 'request'> {
  let last: Promise<unknown> = Promise.resolve()
  return { request: ((_: string, work: () => Promise<unknown>) => (last = last.then(work, work))) as LockManager['request'] }
}
