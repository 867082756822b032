// The sync format of docs/till-sync.md over HTTP: a till of its own making
// hands in what it recorded without a network.
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'
import { importJWK, jwtVerify } from 'jose'
import { Phone } from './phone.mjs'
import { call, demo, signIn } from './server.mjs'
import { claims, Till } from './till.mjs'

let server, owner, outlet, promo
before(async () => {
  server = await demo()
  outlet = server.world.outlets[0]
  owner = await signIn(server, 'partner_owner', { partner_id: outlet.partner_id })
  const of = (kind, has) => server.world.benefits.find((b) => b.partner_id === outlet.partner_id && b.kind === kind && Boolean(b.limits.total_count) === has).id
  promo = { percent: of('percent', false), free: of('free_item', false), parts: of('percent', true), package: of('package_price', false) }
})
after(() => server?.stop())

const seconds = () => Math.floor(Date.now() / 1000)
const phone = () => Phone.activate(server.url, server.world.activations.pop().code)

/** till joins the outlet and is confirmed by its owner. */
async function till() {
  const t = new Till(server.url)
  const made = await call(server.url, 'POST', `/v1/outlets/${outlet.id}/enrolments`, { key: owner })
  assert.equal(made.body.link, `${server.url}/kasir/#/gabung/${made.body.code}`)
  await t.join(made.body.code)
  assert.equal((await t.token()).body.code, 'till_pending')
  const confirmed = await call(server.url, 'POST', `/v1/tills/${t.id}/confirm`, { key: owner })
  assert.equal(confirmed.status, 200)
  assert.equal(confirmed.body.fingerprint, t.joined.fingerprint)
  assert.equal((await t.token()).status, 200)
  assert.equal((await t.bundle()).status, 200)
  return t
}

/** rows are the records with a receipt number, as the owner sees them. */
async function rows(number) {
  const { body } = await call(server.url, 'GET', '/v1/redemptions?limit=200', { key: owner })
  return body.items.filter((r) => r.receipt_number === number)
}

const receipt = () => 'N-' + randomUUID().slice(0, 8).toUpperCase()
const results = ({ status, body }) => {
  assert.equal(status, 200, JSON.stringify(body))
  return body.results
}
const ids = (all) => all.map((b) => b.id).sort()
const brief = (all) => all.map((r) => [r.key, r.outcome, r.reason])

test('a bundle holds what a till needs, and is not sent twice', async () => {
  const t = await till()
  const { held } = t
  assert.equal(held.till.id, t.id)
  assert.equal(held.till.fingerprint, t.joined.fingerprint)
  assert.equal(held.outlet.id, outlet.id)
  const { body: promos } = await call(server.url, 'GET', `/v1/partners/${outlet.partner_id}/benefits?limit=200`, { key: owner })
  assert.deepEqual(ids(held.benefits), ids(promos.items.filter((b) => b.state === 'live')))
  for (const b of held.benefits) {
    assert.ok(b.summary.id && b.summary.en && b.version >= 1, b.title)
    assert.deepEqual(b.terms.outlet_ids, [outlet.id])
  }
  assert.ok(held.status.length > 0)
  for (const { url, shard } of held.status) {
    assert.equal(url, `/s/${shard}`)
    assert.equal((await fetch(server.url + url)).status, 200)
  }
  assert.ok(t.etag.startsWith('"'), 'the ETag is a strong one')
  const again = await t.bundle()
  assert.equal(again.status, 304)
  assert.equal(again.body, null)
  assert.ok(Date.parse(again.headers.get('date')), 'the time of the server comes with a 304 too')
  const key = server.world.api_keys.find((k) => k.outlet_id === outlet.id).key
  assert.equal((await call(server.url, 'GET', '/v1/till/bundle', { key })).status, 403)
})

test('allowances verify with a stock JOSE library', async () => {
  const t = await till()
  const roomy = server.world.benefits.filter((b) => b.partner_id === outlet.partner_id) // of the one that is nearly used up nothing is set aside
  assert.deepEqual(t.allowances().map((a) => a.benefit).sort(), ids(roomy))
  const origin = t.held.origin
  for (const text of t.held.allowances) {
    const kid = JSON.parse(Buffer.from(text.split('.')[0], 'base64url')).kid
    const jwk = t.held.jwks.keys.find((k) => k.kid === kid)
    assert.ok(jwk.use_for.includes('status'))
    const { payload } = await jwtVerify(text, await importJWK(jwk, 'EdDSA'), { issuer: origin, subject: t.id, typ: 'berlaku-allowance+jwt' })
    assert.ok(payload.uses > 0 && payload.used === 0)
    assert.ok(t.held.benefits.some((b) => b.id === payload.benefit && b.version === payload.version))
  }
})

test('an unused allowance can be given back, by its own till only', async () => {
  const [mine, other] = [await till(), await till()]
  const id = mine.allowances().find((a) => a.benefit === promo.parts).jti
  assert.equal((await other.call('POST', `/v1/till/allowances/${id}/return`)).status, 404)
  assert.equal((await mine.call('POST', `/v1/till/allowances/${id}/return`)).status, 204)
  assert.equal((await mine.call('POST', `/v1/till/allowances/${id}/return`)).status, 204)
})

test('a use that is handed in twice is one row', async () => {
  const t = await till()
  const p = await phone()
  const number = receipt()
  const item = t.use(p.show(), promo.percent, 75_000, { receipt_number: number })
  const first = results(await t.batch([item]))
  assert.deepEqual(brief(first), [[claims(item).jti, 'granted', '']])
  assert.deepEqual(first[0].flags, [])
  assert.ok(first[0].receipt.url.endsWith('/r/' + first[0].receipt.code))
  assert.deepEqual(results(await t.batch([item])), first)
  assert.deepEqual(results(await t.batch([item, item])), [first[0], first[0]])
  const found = await rows(number)
  assert.equal(found.length, 1)
  assert.deepEqual([found[0].id, found[0].outcome, found[0].online, found[0].gross, found[0].discount, found[0].net], [first[0].id, 'granted', false, 75_000, 15_000, 60_000])
})

test('in any order, cut anywhere, verdicts are the same and each use is one row', async () => {
  const t = await till()
  const number = receipt()
  const items = []
  for (let i = 0; i < 6; i++) items.push(t.use((await phone()).show(), promo.free, 30_000, { receipt_number: number }))
  const [a, b, c, d, e, f] = items
  const seen = new Map()
  const hand = async (some) => {
    const answer = await t.batch(some)
    for (const r of results(answer)) {
      assert.equal(r.outcome, 'granted')
      if (seen.has(r.key)) assert.deepEqual(r, seen.get(r.key))
      seen.set(r.key, r)
    }
    return answer.body.chain
  }
  assert.deepEqual((await hand([f, d])).missing, [1, 2, 3, 5])
  assert.deepEqual((await hand([c, a, d])).missing, [2, 5])
  assert.deepEqual(await hand([e, b]), { highest: 6, next: 7, missing: [], broken: [], forked: [] })
  assert.deepEqual(await hand([a, b, c, d, e, f].reverse()), { highest: 6, next: 7, missing: [], broken: [], forked: [] })
  assert.equal(seen.size, 6)
  assert.equal((await rows(number)).length, 6)
})

test('a lost reply online and the same use from the queue are one row', async () => {
  const t = await till()
  const p = await phone()
  const number = receipt()
  const card = p.show()
  const jti = randomUUID()
  const online = await t.call('POST', '/v1/redemptions', { card, benefit_id: promo.percent, gross: 80_000, receipt_number: number }, { 'idempotency-key': jti })
  assert.equal(online.body.outcome, 'granted')
  const item = t.use(card, promo.percent, 80_000, { jti, receipt_number: number })
  const [r] = results(await t.batch([item]))
  assert.deepEqual([r.key, r.outcome, r.id], [jti, 'granted', online.body.id])
  assert.equal((await rows(number)).length, 1)
  const [other] = results(await t.batch([t.use(card, promo.percent, 81_000, { jti })]))
  assert.deepEqual([other.outcome, other.reason], ['rejected', 'key_reused'])
})

test('a use from the queue that is then asked for online is no second row', async () => {
  const t = await till()
  const p = await phone()
  const number = receipt()
  const item = t.use(p.show(), promo.percent, 60_000, { receipt_number: number })
  const [r] = results(await t.batch([item]))
  const online = await t.call('POST', '/v1/redemptions', { card: claims(item).card, benefit_id: promo.percent, gross: 60_000, receipt_number: number }, { 'idempotency-key': claims(item).jti })
  assert.ok(online.status < 500)
  if (online.status < 300) assert.equal(online.body.id, r.id)
  assert.equal((await rows(number)).length, 1)
})

test('of two uses over two tills where one is allowed, one is flagged', async () => {
  const [s, t] = [await till(), await till()]
  const p = await phone()
  const [now, number] = [seconds(), receipt()]
  const one = s.use(p.show(now), promo.percent, 50_000, { receipt_number: number })
  const two = t.use(p.show(now - 30), promo.percent, 50_000, { receipt_number: number })
  const got = [...results(await t.batch([two])), ...results(await s.batch([one]))]
  assert.deepEqual(got.map((r) => r.outcome), ['granted', 'granted'])
  assert.equal(got.filter((r) => r.flags.includes('over_limit')).length, 1)
  const replay = t.use(claims(one).card, promo.free, 50_000)
  assert.equal(results(await t.batch([replay]))[0].reason, 'code_replayed')
})

test('what was edited, forged, foreign or broken is not taken in', async () => {
  const t = await till()
  const p = await phone()
  const number = receipt()
  const item = t.use(p.show(), promo.percent, 70_000, { receipt_number: number })
  const [head, body, tail] = item.split('.')
  const edited = Buffer.from(JSON.stringify({ ...claims(item), gross: 90_000, discount: 18_000, net: 72_000 })).toString('base64url')
  const stranger = new Till(server.url)
  const { code } = (await call(server.url, 'POST', `/v1/outlets/${server.world.outlets.at(-1).id}/enrolments`, {
    key: await signIn(server, 'partner_owner', { partner_id: server.world.outlets.at(-1).partner_id }),
  })).body
  await stranger.join(code)
  stranger.held = t.held
  const absent = new Till(server.url)
  Object.assign(absent, { held: t.held })
  const bad = [
    [`${head}.${edited}.${tail}`, 'item_forged'],
    [`${head}.${body}.${tail.slice(0, -2)}${tail.at(-2) === 'A' ? 'B' : 'A'}${tail.at(-1)}`, 'item_forged'],
    [stranger.use(p.show(), promo.percent, 70_000), 'item_unknown_till'],
    ['x', 'item_malformed'],
    [`${head}.${body}`, 'item_malformed'],
    [t.sign('berlaku-use+jwt', { ...claims(item), colour: 'red' }), 'item_malformed'],
    [t.sign('berlaku-use+jwt', { ...claims(item), gross: '70000' }), 'item_malformed'],
    [t.sign('till-assertion+jwt', claims(item)), 'item_malformed'],
  ]
  const got = results(await t.batch(bad.map(([text]) => text)))
  assert.deepEqual(got.map((r) => [r.outcome, r.reason]), bad.map(([, reason]) => ['rejected', reason]))
  assert.ok(got.every((r) => r.id === null))
  assert.equal((await rows(number)).length, 0)
  assert.equal(results(await t.batch([item]))[0].outcome, 'granted')
  assert.equal((await rows(number)).length, 1)
  const oversize = await t.batch(Array(201).fill(item))
  assert.ok([413, 422].includes(oversize.status))
})

test('gaps, cuts and forks of the chain are told', async () => {
  const t = await till()
  const card = async () => (await phone()).show()
  const one = t.use(await card(), promo.free, 30_000)
  const two = t.use(await card(), promo.free, 30_000)
  const three = t.use(await card(), promo.free, 30_000, { prev: createHash('sha256').update('another').digest('base64url') })
  const four = t.use(await card(), promo.free, 30_000)
  t.seq = 3
  const fork = t.use(await card(), promo.free, 30_000)
  assert.deepEqual((await t.batch([one, three])).body.chain.missing, [2])
  assert.deepEqual((await t.batch([four, two])).body.chain, { highest: 4, next: 5, missing: [], broken: [3], forked: [] })
  assert.deepEqual((await t.batch([fork])).body.chain.forked, [4])
})

test('a void takes back a use of the queue, before it or after it', async () => {
  const t = await till()
  const p = await phone()
  const [number, early] = [receipt(), receipt()]
  const use = t.use(p.show(), promo.free, 40_000, { receipt_number: number })
  const [done, gone] = results(await t.batch([use, t.takeBack(claims(use).jti)]))
  assert.deepEqual([done.outcome, gone.outcome, gone.id], ['granted', 'granted', done.id])
  assert.equal((await rows(number))[0].state, 'voided')
  const later = t.use(p.show(seconds() - 60), promo.free, 40_000, { receipt_number: early })
  const back = t.takeBack(claims(later).jti)
  assert.deepEqual(results(await t.batch([back])).map((r) => [r.outcome, r.id]), [['granted', null]])
  assert.equal(results(await t.batch([later]))[0].outcome, 'granted')
  const [row, ...more] = await rows(early)
  assert.deepEqual([row.state, more.length], ['voided', 0])
})

test('clocks that cannot be and data that is too old are refused, kept and not counted', async () => {
  const t = await till()
  const p = await phone()
  const now = seconds()
  const [ahead, back, aged, slow] = [now + 600, now - 8 * 86_400, now, now - 3600]
  const items = [
    t.use(p.show(ahead), promo.free, 30_000, { occurred_at: ahead, scanned_at: ahead }),
    t.use(p.show(back), promo.free, 30_000, { occurred_at: back, scanned_at: back }),
    t.use(p.show(aged - 40), promo.free, 30_000, { list_age: 259_201 }),
    t.use(p.show(slow), promo.free, 30_000, { scanned_at: slow, occurred_at: slow + 901 }),
    t.use(p.show(now - 600), promo.free, 30_000),
  ]
  const got = results(await t.batch(items))
  assert.deepEqual(got.map((r) => [r.outcome, r.reason, r.flags]), [
    ['refused', 'clock_untrusted', ['quarantined']],
    ['refused', 'clock_untrusted', ['quarantined']],
    ['refused', 'status_list_stale', []],
    ['refused', 'code_stale', []],
    ['refused', 'code_stale', []],
  ])
})

test('a till that was ended hands in and does nothing else', async () => {
  const t = await till()
  const [p, q] = [await phone(), await phone()]
  const ago = seconds() - 600
  const [before, after] = [receipt(), receipt()]
  const old = t.use(p.show(ago), promo.free, 30_000, { scanned_at: ago, occurred_at: ago, receipt_number: before })
  assert.equal((await call(server.url, 'POST', `/v1/tills/${t.id}/revoke`, { key: owner })).status, 200)
  const young = t.use(q.show(), promo.free, 30_000, { receipt_number: after })

  const token = await t.token()
  assert.deepEqual([token.status, token.body.code], [401, 'till_revoked'])
  assert.equal((await t.call('POST', '/v1/validations', { card: q.show() })).status, 401)
  assert.equal((await t.call('GET', '/v1/till/bundle')).status, 401)
  assert.equal((await t.call('POST', '/v1/redemptions', { card: q.show(), benefit_id: promo.free, gross: 30_000 }, { 'idempotency-key': randomUUID() })).status, 401)

  const got = results(await t.batch([young, old]))
  assert.deepEqual(got.map((r) => [r.outcome, r.reason, r.flags]), [
    ['refused', 'till_revoked', ['quarantined']],
    ['granted', '', ['till_revoked']],
  ])
  assert.deepEqual((await rows(after)).map((r) => r.outcome), ['refused'])
  assert.deepEqual((await rows(before)).map((r) => r.outcome), ['granted'])

  const assertion = t.assertion(t.joined.hand_in_audience)
  assert.deepEqual(results(await t.batch([old, young], assertion)), [got[1], got[0]])
  assert.equal((await t.batch([old], assertion)).status, 401, 'each assertion once')
  assert.equal((await t.batch([old], t.assertion(t.joined.audience))).status, 401, 'an assertion for a bearer hands nothing in')
  assert.equal((await t.call('POST', '/v1/validations', { card: q.show() }, { authorization: `Bearer ${t.assertion(t.joined.hand_in_audience)}` })).status, 401)
  assert.deepEqual(results(await t.handIn([young])), [got[0]])
})

test('a phone that joined anew hands in the queue of its old till', async () => {
  const [old, anew] = [await till(), await till()]
  const p = await phone()
  const number = receipt()
  const item = old.use(p.show(), promo.free, 30_000, { receipt_number: number })
  assert.equal(results(await anew.batch([item]))[0].outcome, 'granted')
  assert.equal((await rows(number)).length, 1)
})

test('a promo of another partner is none here', async () => {
  const t = await till()
  const p = await phone()
  const foreign = server.world.benefits.find((b) => b.partner_id !== outlet.partner_id).id
  const item = t.use(p.show(), promo.free, 30_000, { benefit: foreign, version: 1 })
  assert.deepEqual(results(await t.batch([item])).map((r) => [r.outcome, r.reason]), [['refused', 'benefit_not_live']])
})
