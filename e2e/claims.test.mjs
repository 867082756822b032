// A person asks for the card by their own data: in the browser with the code
// that was sent, and over HTTP beside somebody whom nobody knows. The two must
// not be told apart. The limits are on; each test comes from a network of its own.
import assert from 'node:assert/strict'
import http from 'node:http'
import test, { after, before } from 'node:test'
import { agree, button, fresh, heading, k, m, ready, says } from './kartu.mjs'
import { Browser, explained, until } from './kasir.mjs'
import { Office } from './office.mjs'
import { demo } from './server.mjs'

let server, office
before(async () => {
  server = await demo({ limits: true })
  office = await Office.of(server)
})
after(() => server?.stop())

/** ask sends JSON from a loopback address and returns what came back, as it came. */
function ask(from, path, body) {
  return new Promise((done, fail) => {
    const request = http.request(office.url + path, { method: 'POST', localAddress: from, headers: { 'content-type': 'application/json' } }, async (answer) => {
      const parts = []
      for await (const part of answer) parts.push(part)
      done({ status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString() })
    })
    request.on('error', fail)
    request.end(JSON.stringify(body))
  })
}

/** bare is an answer without ids, instants and counts of seconds. */
function bare({ status, headers, text }) {
  const plain = (s) => s.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID').replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'AT')
  const kept = Object.entries(headers).map(([name, value]) => [name, /^(date|x-request-id|content-length)$/.test(name) ? '' : name === 'retry-after' || /ratelimit/.test(name) ? 'N' : plain(String(value))])
  return { status, headers: Object.fromEntries(kept.sort()), text: plain(text) }
}

/** sent waits for the nth code that went to a phone. */
const sent = async (phone, n = 1) => {
  const all = await until('a message', async () => {
    const found = office.messages(phone).filter((m) => m.kind === 'claim_code')
    return found.length >= n && found
  })
  return all[n - 1].text.match(/\b\d{6}\b/)[0]
}
const other = (digits) => String((Number(digits) + 1) % 1_000_000).padStart(6, '0')
const data = (p, kind = 'nik') => ({ kind, number: p[kind], birth_on: p.birthOn })

test('the code from the phone makes a code for the card', async () => {
  const p = await office.person()
  const at = '127.1.10.1'
  for (const kind of ['nik', 'kpj']) {
    const asked = await ask(at, '/v1/claims', data(p, kind))
    assert.equal(asked.status, 202)
    const digits = await sent(p.phone, kind === 'nik' ? 1 : 2)
    const path = `/v1/claims/${JSON.parse(asked.text).id}/confirm`
    assert.equal((await ask(at, path, { code: other(digits) })).status, 422)
    const made = await ask(at, path, { code: digits })
    assert.equal(made.status, 200)
    assert.ok(JSON.parse(made.text).code.length >= 20)
    assert.equal((await ask(at, path, { code: digits })).status, 422, 'a code is good once')
  }
  for (const { text, to } of office.messages(p.phone)) {
    for (const secret of [p.name, p.nik, p.kpj]) assert.ok(!text.includes(secret), secret)
    assert.equal(to, p.phone)
  }
})

/** fills in the form of somebody who asks for a code. */
async function form(page, p, kind = 'nik') {
  await page.goto(`${office.url}/kartu/`)
  await page.getByRole('link', { name: m.start.none }).or(page.getByRole('button', { name: m.start.none })).first().click()
  await heading(page, m.claim.title)
  await page.getByText(m.claim[kind], { exact: true }).first().click()
  await page.getByRole('textbox', { name: m.claim[kind] }).fill(p[kind])
  const [year, month, day] = p.birthOn.split('-')
  await page.getByLabel(m.claim.day).fill(String(Number(day)))
  await page.getByLabel(m.claim.month).selectOption({ value: String(Number(month)) })
  await page.getByLabel(m.claim.year).fill(year)
  await button(page, m.claim.send).click()
  await says(page, m.claim.sent)
}

/** shown is everything that a screen says, but for clocks. */
const shown = async (page) => (await page.locator('body').innerText()).replace(/\d+:\d\d/g, 'TIME')

test('in the app: the six digits of the message, the notice, the card; a stranger sees the same screens', async () => {
  const seen = []
  for (const known of [true, false]) {
    const browser = new Browser()
    try {
      const p = await office.person()
      if (!known) p.nik = p.nik.slice(0, 12) + '9321'
      const page = await browser.open()
      await explained(page, async () => {
        const screens = []
        await form(page, p)
        screens.push(await shown(page))
        const digits = known ? await sent(p.phone) : '123456'
        const enter = async (code) => {
          await page.getByRole('textbox', { name: m.claim.digits }).fill(code)
          await button(page, m.claim.confirm).click()
        }
        await enter(other(digits))
        await says(page, k.problems.claim_code_invalid)
        screens.push(await shown(page))
        seen.push(screens)
        if (!known) return
        await enter(digits)
        await says(page, m.consent.short)
        await agree(page)
        await button(page, m.start.go).click()
        await ready(page)
        await fresh(office, page)
      })
    } finally {
      await browser.close()
    }
  }
  assert.deepEqual(seen[1], seen[0])
})

test('who is unknown, has no phone or another birthday gets the same answers, byte for byte', async () => {
  const known = await office.person()
  const silent = await office.person({ phone: false })
  const strangers = [
    { ...known, nik: known.nik.slice(0, 12) + '9876' }, // nobody
    { ...(await office.person()), birthOn: '1971-01-02' }, // another birthday
    silent,
  ]
  /** course is what somebody sees who asks, mistypes until it is over, and asks too often. */
  async function course(at, p, code) {
    const seen = []
    const say = async (path, body) => {
      const r = await ask(at, path, body)
      seen.push(bare(r))
      return r
    }
    const { id } = JSON.parse((await say('/v1/claims', data(p))).text)
    const digits = await code()
    for (let n = 0; n < 6; n++) await say(`/v1/claims/${id}/confirm`, { code: other(digits) })
    await say(`/v1/claims/${id}/confirm`, { code: digits }) // right, but too late
    await say('/v1/claims', data(p))
    await say('/v1/claims', data(p))
    await say('/v1/claims', data(p)) // the fourth in a quarter of an hour
    return seen
  }
  const expected = await course('127.1.20.1', known, () => sent(known.phone))
  assert.deepEqual(expected.map((r) => r.status), [202, ...Array(7).fill(422), 202, 202, 429])
  for (const [n, stranger] of strangers.entries()) assert.deepEqual(await course(`127.1.2${n + 1}.1`, stranger, () => '123456'), expected)
  const witness = await office.person() // whose message left after all that was queued before it
  await ask('127.1.29.1', '/v1/claims', data(witness))
  await sent(witness.phone)
  const codes = (p) => office.messages(p.phone).filter((m) => m.kind === 'claim_code').length
  assert.equal(codes(known), 3)
  assert.deepEqual(strangers.slice(1).map(codes), [0, 0])
})

test('one address asks for ten people an hour', async () => {
  for (let n = 0; n < 11; n++) {
    const { status } = await ask('127.1.30.1', '/v1/claims', { kind: 'kpj', number: String(80_000_000_000 + n), birth_on: '1980-01-01' })
    assert.equal(status, n < 10 ? 202 : 429)
  }
})

test('what is not a number or a day is said, and is no claim', async () => {
  for (const body of [{}, { kind: 'nik', number: '12', birth_on: '1980-01-01' }, { kind: 'nik', number: '7271991704870137', birth_on: 'x' }, { kind: 'name', number: '1', birth_on: '1980-01-01' }]) {
    assert.equal((await ask('127.1.40.1', '/v1/claims', body)).status, 422)
  }
})
