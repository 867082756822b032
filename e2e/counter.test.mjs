// The main job over HTTP, as a till system meets it: a card is fetched as a
// picture, read by zbarimg, checked, used once, and taken back.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { importJWK, jwtVerify } from 'jose'
import { expand } from './card.mjs'
import { call, demo } from './server.mjs'

let server
let dir
before(async () => {
  server = await demo()
  dir = mkdtempSync(join(tmpdir(), 'berlaku-qr-'))
})
after(async () => {
  await server?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

async function signIn(role) {
  const a = server.world.accounts.find((a) => a.role === role)
  const { status, body } = await call(server.url, 'POST', '/v1/sessions', { body: { email: a.email, password: a.password } })
  assert.equal(status, 201)
  return body.token
}

function decode(bytes, name) {
  const file = join(dir, name)
  writeFileSync(file, bytes)
  return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', file], { stdio: ['ignore', 'pipe', 'ignore'] }).toString().replace(/\n$/, '')
}

test('a printed card goes from picture to receipt and back', async () => {
  const token = await signIn('branch_officer')
  const card = server.world.cards.find((c) => c.expect === 'valid')
  const png = await fetch(`${server.url}/v1/cards/${card.card_id}/qr.png`, { headers: { authorization: `Bearer ${token}` } })
  assert.equal(png.status, 200)
  assert.equal(png.headers.get('content-type'), 'image/png')
  const text = decode(Buffer.from(await png.arrayBuffer()), 'card.png')
  assert.equal(text, card.text)

  const till = server.world.api_keys[0]
  const promo = server.world.benefits.find((b) => b.partner_id === till.partner_id && b.kind === 'percent' && b.limits.participant)
  const seen = await call(server.url, 'POST', '/v1/validations', { key: till.key, body: { card: text, gross: 75000 } })
  assert.equal(seen.status, 200)
  assert.equal(seen.body.verdict, 'valid')
  assert.equal(seen.body.card.needs_id_check, true)
  const offer = seen.body.benefits.find((b) => b.id === promo.id)
  assert.equal(offer.eligible, true)
  assert.deepEqual(offer.preview, { gross: 75000, discount: 15000, net: 60000 })

  const idempotency = randomUUID()
  const body = { scan_id: seen.body.scan_id, benefit_id: promo.id, gross: 75000, receipt_number: 'NJB-1', id_checked: true }
  const first = await call(server.url, 'POST', '/v1/redemptions', { key: till.key, idempotency, body })
  assert.equal(first.status, 201)
  assert.equal(first.body.outcome, 'granted')
  assert.equal(first.body.discount, 15000)
  const again = await call(server.url, 'POST', '/v1/redemptions', { key: till.key, idempotency, body })
  assert.equal(again.status, 200)
  assert.equal(again.headers.get('idempotent-replayed'), 'true')
  assert.equal(again.body.id, first.body.id)
  const other = await call(server.url, 'POST', '/v1/redemptions', { key: till.key, idempotency, body: { ...body, gross: 80000 } })
  assert.equal(other.status, 422)
  assert.equal(other.body.code, 'idempotency_key_reused')
  const second = await call(server.url, 'POST', '/v1/redemptions', { key: till.key, idempotency: randomUUID(), body })
  assert.equal(second.status, 201)
  assert.equal(second.body.outcome, 'refused')
  assert.equal(second.body.reason, 'limit_participant')

  const today = new Date(Date.now() + 8 * 3600e3).toISOString().slice(0, 10)
  const admin = await signIn('programme_admin')
  const uses = async () => (await call(server.url, 'GET', `/v1/reports/uses?by=benefit&from=${today}&to=${today}`, { key: admin })).body.total.uses
  const before = await uses()
  const gone = await call(server.url, 'POST', `/v1/redemptions/${first.body.id}/void`, { key: till.key, body: { reason: 'salah ketik' } })
  assert.equal(gone.status, 200)
  assert.equal(await uses(), before - 1)
  const third = await call(server.url, 'POST', '/v1/redemptions', { key: till.key, idempotency: randomUUID(), body })
  assert.equal(third.body.outcome, 'granted')
})

test('every sort of printed card reads as it should', async () => {
  const till = server.world.api_keys[0]
  const want = { valid: [''], revoked: ['card_revoked'], expired: ['card_expired'], inactive: ['membership_inactive'], in_arrears: ['membership_inactive'] }
  for (const card of server.world.cards) {
    const { status, body } = await call(server.url, 'POST', '/v1/validations', { key: till.key, body: { card: card.text } })
    assert.equal(status, 200)
    assert.ok(want[card.expect].includes(body.reason ?? ''), `${card.expect}: ${body.reason}`)
    assert.equal(body.verdict, card.expect === 'valid' ? 'valid' : 'not_valid')
  }
})

test('a stock JOSE library verifies a card with the published keys', async () => {
  const { keys } = await (await fetch(server.url + '/.well-known/jwks.json')).json()
  const card = server.world.cards.find((c) => c.expect === 'valid')
  const origin = card.text.split('/1/')[0].toLowerCase()
  const { jwt } = expand(card.text, origin)
  const kid = card.text.split('/1/')[1].slice(0, 2)
  const { payload } = await jwtVerify(jwt, await importJWK(keys.find((k) => k.kid === kid), 'EdDSA'), { issuer: origin, typ: 'dc+sd-jwt' })
  assert.equal(payload.vct, origin + '/vct/1')
})

test('the pictures are read by a second decoder in every scale', async () => {
  const token = await signIn('branch_officer')
  const cards = server.world.cards.filter((c) => c.expect === 'valid').slice(0, 10)
  for (const card of cards) {
    const r = await fetch(`${server.url}/v1/cards/${card.card_id}/qr.png`, { headers: { authorization: `Bearer ${token}` } })
    assert.equal(decode(Buffer.from(await r.arrayBuffer()), 'one.png'), card.text)
  }
})

test('ten cards on a sheet are read off the rendered page', async () => {
  const token = await signIn('branch_officer')
  const cards = server.world.cards.filter((c) => c.expect === 'valid').slice(0, 10)
  const r = await fetch(server.url + '/v1/cards/sheet', {
    method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ids: cards.map((c) => c.card_id) }),
  })
  assert.equal(r.status, 200)
  writeFileSync(join(dir, 'sheet.pdf'), Buffer.from(await r.arrayBuffer()))
  // Two columns of five: each card is cut out of the rendered page and read alone, as a scanner sees it.
  const dpi = 300
  const [width, height, top] = [105, 57.9, 4].map((mm) => Math.round((mm * dpi) / 25.4))
  const found = cards.map((_, i) => {
    const at = ['-x', (i % 2) * width, '-y', top + Math.floor(i / 2) * height, '-W', width, '-H', height].map(String)
    execFileSync('pdftoppm', ['-r', String(dpi), '-singlefile', ...at, '-png', join(dir, 'sheet.pdf'), join(dir, 'one')])
    return decode(readFileSync(join(dir, 'one.png')), 'one.png')
  })
  assert.deepEqual(found, cards.map((c) => c.text))
})

test('the article\'s figures come out of the report', async () => {
  const admin = await signIn('programme_admin')
  const { body } = await call(server.url, 'GET', '/v1/reports/registrations?from=2023-01-01&to=2023-10-31', { key: admin })
  const by = Object.fromEntries(body.branches.map((b) => [b.name, b.count]))
  assert.equal(body.total, 21521)
  assert.equal(body.unallocated, 935)
  assert.equal(by['Kantor Cabang Palu'], 9437)
  assert.equal(by['Kantor Cabang Parigi Moutong'], 7713)
  assert.equal(by['Kantor Cabang Donggala'], 3436)
  assert.equal(body.reported.total, 21521)
  assert.equal(body.reported.unallocated, 935)
})
