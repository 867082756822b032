// The participant's card in a real browser against the built program: read off
// the screen by two decoders, accepted by the server, without a network too;
// clocks, standings, a second phone; and what people may do with their data,
// to the last byte of it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import {
  activate, aged, agree, button, card, follow, fresh, heading, k, m, own as ownAt, proofTime, qr, ready, refreshed, says, scan, sheet, tab,
} from './kartu.mjs'
import { Browser, explained, fill, pattern, rupiah, seconds, setClock, until } from './kasir.mjs'
import { Office } from './office.mjs'
import { call, demo } from './server.mjs'

let server, office
before(async () => {
  server = await demo()
  office = await Office.of(server)
})
after(() => server?.stop())

const own = (work, options) => ownAt(office, work, options)
const offline = (page) => page.context().setOffline(true)
const online = (page) => page.context().setOffline(false)
let screenshot // what somebody photographed: {text, at}, for the last test

test('a card from a link: notice, consent, code; the link is good once', async () => {
  const [first, second] = [new Browser(), new Browser()]
  try {
    const p = await office.person()
    const { url, share_text } = await office.link(p)
    assert.ok(share_text.includes(url))
    assert.ok(!share_text.includes(p.name))
    const page = await first.open()
    const asked = []
    page.on('request', (r) => asked.push(r))
    await explained(page, async () => {
      await page.goto(url)
      await says(page, m.start.got_code)
      await says(page, m.consent.short)
      await button(page, m.start.go).click()
      await says(page, m.consent.need)
      assert.equal(await qr(page).count(), 0)
      await agree(page)
      await button(page, m.start.go).click()
      await ready(page)
      assert.equal(new URL(page.url()).hash.includes(url.split('#')[1]), false, 'the code stays in the address')
      const { text, shown } = await fresh(office, page)
      await says(page, shown.masked_name)
      screenshot = { text, at: proofTime(text) }
      const secret = url.split('#')[1]
      for (const r of asked) {
        assert.ok(r.url().startsWith(server.url + '/'), `a request to ${r.url()}`)
        assert.ok(!r.url().includes(secret))
      }
      const sent = asked.find((r) => r.url().endsWith('/v1/activations')).postDataJSON()
      assert.deepEqual(Object.keys(sent.device_key).sort(), ['crv', 'kty', 'x', 'y'], 'only the public half leaves the phone')
      assert.ok(sent.consent.version && sent.consent.text_hash)
    })
    const other = await second.open()
    await explained(other, async () => {
      await other.goto(url)
      await agree(other)
      await button(other, m.start.go).click()
      await says(other, k.problems.activation_invalid)
    })
  } finally {
    await first.close()
    await second.close()
  }
})

test('a new code every half minute, also without a network', () => own(async (page) => {
  await offline(page)
  const one = await scan(page)
  const two = await until('another code', async () => {
    const now = await scan(page)
    return now.text !== one.text && now
  }, 40_000)
  const apart = proofTime(two.text) - proofTime(one.text)
  assert.ok(apart >= 29 && apart <= 33, `${apart} s apart`)
  assert.equal(one.text.split('.').slice(0, -2).join('.'), two.text.split('.').slice(0, -2).join('.'), 'the card itself is the same')
  await office.good(two.text)
}))

test('with neither network nor server the card opens and its code is good', () => own(async (page) => {
  try {
    await offline(page)
    await server.end('SIGKILL')
    await page.goto('about:blank')
    await page.goto(`${office.url}/kartu/`)
    await aged(page)
    await says(page, k.banner.offline)
    const { text } = await scan(page)
    await server.start()
    await office.good(text)
    assert.ok(Math.abs(proofTime(text) - seconds()) < 60)
  } finally {
    await server.end()
    await server.start()
  }
}))

test('the code is read off every screen: three densities, two widths, light and dark', () => own(async (_, p, browser) => {
  for (const deviceScaleFactor of [1, 1.5, 2]) {
    await browser.shut()
    const page = await browser.open({ deviceScaleFactor })
    for (const width of [320, 360]) {
      await page.setViewportSize({ width, height: 640 })
      await page.goto(`${office.url}/kartu/`)
      for (const colorScheme of ['light', 'dark']) {
        await page.emulateMedia({ colorScheme })
        const found = await scan(page)
        const at = `${width} px at ${deviceScaleFactor}, ${colorScheme}: ${JSON.stringify({ ...found, text: found.text.length })}`
        assert.ok(found.modules > 0 && found.modules <= 61, `version 11 at most: ${at}`)
        assert.ok(found.module >= 4, `4 pixels a module: ${at}`)
        assert.ok(found.module / deviceScaleFactor >= 3.9, `as large on every screen: ${at}`)
        assert.ok(found.quiet >= (found.module - 0.5) * 4, `a margin of four modules: ${at}`)
        await office.good(found.text)
      }
    }
  }
}))

test('a second phone: the first one says so, and its code is refused', () => own(async (page, p) => {
  const { text } = await scan(page)
  const other = new Browser()
  try {
    const second = await other.open()
    await explained(second, async () => {
      await activate(second, (await office.link(p)).url)
      await fresh(office, second)
    })
    await office.wrong(text, 'card_revoked')
    await aged(page)
    await heading(page, m.ended.replaced)
    await says(page, m.ended.replaced_do)
    assert.equal(await qr(page).count(), 0)
    await page.reload()
    await heading(page, m.ended.replaced)
  } finally {
    await other.close()
  }
}))

for (const [by, text] of [[600, k.clock.ahead], [-600, k.clock.behind]]) {
  test(`a clock ten minutes ${by > 0 ? 'ahead' : 'behind'}: the app says so, and its code is good`, () => own(async (page) => {
    await setClock(page, by)
    await aged(page)
    await says(page, fill(text, { n: 10 }))
    await says(page, k.clock.fix)
    await until('a code of the right time', async () => Math.abs(proofTime((await scan(page)).text) - seconds()) < 60, 5000)
    await fresh(office, page)
    await offline(page)
    await page.reload()
    await says(page, fill(text, { n: 10 }))
    await fresh(office, page) // the difference was remembered
  }))
}

test('a card that is a week old is renewed by itself', async () => {
  const browser = new Browser()
  try {
    const page = await browser.open()
    const activated = page.waitForResponse((r) => r.url().endsWith('/v1/activations'))
    await explained(page, async () => {
      await activate(page, (await office.link(await office.person())).url)
      const { participant_token } = await (await activated).json()
      const asked = []
      let later = 0
      // Phone and server live days later: the server's time and token are made up, the rest is its own.
      await page.context().route('**/v1/**', async (route) => {
        const path = new URL(route.request().url()).pathname
        asked.push(path)
        const date = new Date(Date.now() + later * 1000)
        if (path === '/v1/my/token') {
          const expires_at = new Date(date.getTime() + 600_000).toISOString()
          return route.fulfill({ headers: { date: date.toUTCString() }, json: { participant_token, expires_at } })
        }
        const response = await route.fetch()
        await route.fulfill({ response, headers: { ...response.headers(), date: date.toUTCString() } })
      })
      // Time passes while the app is closed: what it hears must fit the phone's clock.
      const opened = async (days) => {
        await page.goto(`${server.url}/healthz`)
        later = days * 86_400
        await setClock(page, later)
        asked.length = 0
        await page.goto(`${server.url}/kartu/`)
        await until('the app to hear from the server', () => asked.includes('/v1/my/status'))
      }
      await opened(5)
      await page.waitForTimeout(1000)
      assert.ok(!asked.includes('/v1/my/card/renew'))
      await opened(8)
      await until('the renewal', () => asked.includes('/v1/my/card/renew'))
      await ready(page)
    })
    await page.context().unrouteAll({ behavior: 'ignoreErrors' })
  } finally {
    await browser.close()
  }
})

test('what became of the membership is told, in words that say what to do', () => own(async (page, p) => {
  const snapshot = (status, days) => office.ask('POST', `/v1/participants/${p.id}/memberships`, {
    kpj: p.kpj, segment: 'bpu', status, protected_until: new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10),
  })
  const stands = async (name) => {
    await refreshed(page)
    await says(page, k.standing[name].name)
    if (name !== 'active') await says(page, pattern(k.standing[name].what))
  }
  await stands('active')
  await snapshot('active', 7)
  await stands('ends_soon')
  await fresh(office, page)
  await snapshot('in_arrears', -10)
  await stands('in_arrears')
  await office.wrong((await scan(page)).text, 'membership_inactive')
  await follow(page, k.card.pay)
  await heading(page, m.pay.title)
  await page.goBack()
  await snapshot('inactive', -200)
  await stands('inactive')
  await offline(page)
  await page.reload()
  await says(page, k.standing.inactive.name) // as it was known last
  await online(page)
  await snapshot('active', 60)
  await stands('active')
  await fresh(office, page)
}))

test('a card that the office ended says so', () => own(async (page, p) => {
  const { text } = await scan(page)
  const { cards } = await exported(page)
  await office.ask('POST', `/v1/cards/${cards[0].id}/revoke`, { reason: 'lost' })
  await office.wrong(text, 'card_revoked')
  await aged(page)
  await heading(page, m.ended.revoked)
  await button(page, m.ended.new).click()
  await activate(page, (await office.link(p)).url)
  await fresh(office, page)
}))

test('a use is in the history with what was saved; it can be disputed, and the office decides', () => own(async (page) => {
  const promo = server.world.benefits.find((b) => b.partner_id === office.key.partner_id && b.kind === 'percent' && !b.limits.total_count)
  const { text } = await scan(page)
  const use = await call(office.url, 'POST', '/v1/redemptions', { key: office.key.key, idempotency: randomUUID(), body: { card: text, benefit_id: promo.id, gross: 75_000 } })
  assert.equal(use.body.outcome, 'granted')
  await refreshed(page)
  await says(page, k.banner.unseen_one)
  await tab(page, 'history')
  await heading(page, m.uses.title)
  await says(page, rupiah(15_000))
  await page.getByRole('navigation', { name: k.tabs.nav }).locator('.count').waitFor({ state: 'detached' })
  await follow(page, pattern(promo.title))
  await says(page, rupiah(60_000))
  await says(page, use.body.receipt.code)
  await follow(page, m.uses.not_me)
  await sheet(page).getByText(m.dispute.wrong_amount, { exact: true }).click()
  await button(sheet(page), m.dispute.send).click()
  await says(page, m.dispute.waits)
  const at = `/v1/redemptions/${use.body.id}`
  assert.equal((await office.ask('GET', at)).state, 'disputed')
  await office.ask('POST', `${at}/decide`, { decision: 'reverse', note: 'salah ketik' }, office.supervisor)
  await aged(page)
  await says(page, m.dispute.reversed)
  await card(page)
  await refreshed(page)
  assert.equal(await page.getByText(k.banner.unseen_one).count(), 0)
}))

/** wished is how many of the branch's people want a sector. */
const wished = async (sector) => (await office.ask('GET', `/v1/sectors/${sector.id}/wishes`)).count

test('a wish reaches the office, and is taken back', () => own(async (page) => {
  const sector = (await office.ask('GET', '/v1/sectors')).items.find((s) => s.code === 'APT')
  const was = await wished(sector)
  await tab(page, 'account')
  await follow(page, m.wish.title)
  await heading(page, m.wish.title)
  const row = page.getByRole('listitem').filter({ hasText: sector.name_id })
  await row.getByRole('button', { name: m.wish.want }).click()
  await until('the wish', async () => (await wished(sector)) === was + 1)
  await page.reload()
  await row.getByRole('button', { name: m.wish.undo }).click()
  await until('its end', async () => (await wished(sector)) === was)
}))

/** data opens the screens of a person's data. */
async function data(page) {
  await page.goto(`${office.url}/kartu/`)
  await tab(page, 'account')
  await follow(page, m.account.data)
  await heading(page, m.data.title)
}

/** exported saves a copy of everything, and reads it. */
async function exported(page) {
  await data(page)
  await follow(page, m.data.export)
  await button(sheet(page), m.data.export).click()
  await says(page, m.data.export_ready)
  const [file] = await Promise.all([page.waitForEvent('download'), button(page, m.data.export_save).click()])
  return JSON.parse(readFileSync(await file.path(), 'utf8'))
}

test('everything about oneself: on the screen, as a file, and who looked at it', () => own(async (page, p) => {
  await call(office.url, 'GET', `/v1/participants/${p.id}`, { key: office.officer, headers: { 'x-access-reason': 'service' } })
  const all = await exported(page)
  assert.deepEqual([all.profile.name, all.profile.birth_on, all.profile.phone], [p.name, p.birthOn, p.phone])
  assert.equal(all.memberships.length, 1)
  assert.equal(all.consents.length, 1)
  assert.equal(all.cards.length, 1)
  assert.ok(all.accesses.length >= 1 && all.note)
  const text = JSON.stringify(all)
  for (const number of [p.nik, p.kpj]) assert.ok(!text.includes(number) && text.includes(number.slice(-4)), 'masked to its last four digits')
  await data(page)
  await follow(page, m.data.view)
  for (const shown of [p.name, p.phone, p.nik.slice(-4), p.kpj.slice(-4)]) await says(page, pattern(shown))
  await data(page)
  await follow(page, m.data.accesses)
  await says(page, pattern(m.data.roles.branch_officer))
  await says(page, pattern(m.data.why.service))
}))

/** request is the person's open request of a kind, as the office sees it. */
const request = async (p, kind) => {
  const open = await office.ask('GET', `/v1/data-requests?state=open&kind=${kind}&limit=100`)
  return open.items.find((r) => r.participant_id === p.id)
}

test('a correction is asked for, answered, and the answer is read', () => own(async (page, p) => {
  await data(page)
  await follow(page, m.data.correct)
  await page.getByRole('textbox', { name: m.data.correct_what }).fill('Nama saya salah eja')
  await button(page, m.data.correct_send).click()
  await says(page, m.data.sent)
  const { id, due_at } = await request(p, 'correct')
  assert.ok(Math.abs(Date.parse(due_at) / 1000 - seconds() - 72 * 3600) < 120, 'due in three days')
  assert.equal((await office.ask('GET', `/v1/data-requests/${id}`)).note, 'Nama saya salah eja')
  await office.ask('PATCH', `/v1/participants/${p.id}`, { name: 'Nama Betul' })
  await office.ask('POST', `/v1/data-requests/${id}/complete`, { answer: 'Sudah kami perbaiki.' })
  await aged(page)
  await says(page, fill(m.data.answer, { text: 'Sudah kami perbaiki.' }))
  await follow(page, m.data.view)
  await says(page, 'Nama Betul')
}))

test('consent is withdrawn at once, and given again', () => own(async (page) => {
  const { text } = await scan(page)
  await data(page)
  await follow(page, m.data.withdraw)
  await button(sheet(page), m.data.withdraw_yes).click()
  await says(page, m.data.withdrawn)
  assert.equal((await office.judge(text)).verdict, 'not_valid')
  await tab(page, 'card')
  await refreshed(page)
  await says(page, k.standing.restricted.name)
  assert.equal(await qr(page).count(), 0)
  await follow(page, k.standing.restricted.do)
  await agree(page)
  await button(page, m.consent.agree).click()
  await says(page, m.consent.given)
  await card(page)
  await refreshed(page)
  await says(page, k.standing.active.name)
  await fresh(office, page)
}))

/** held counts how often a text or bytes stand in the database's files. */
function held(what) {
  let count = 0
  for (const name of readdirSync(server.dir).filter((n) => n.startsWith('berlaku.db'))) {
    const all = readFileSync(join(server.dir, name))
    for (let at = all.indexOf(what); at >= 0; at = all.indexOf(what, at + 1)) count++
  }
  return count
}

test('erasure: asked for in the app, prepared and approved by two people, and no byte of the person is left', () => own(async (page, p) => {
  const partner = 'Apotek Quzximo'
  await tab(page, 'account')
  await follow(page, m.wish.title)
  const row = page.getByRole('listitem').filter({ hasText: 'Apotek' })
  await row.getByRole('button', { name: m.wish.want }).click()
  await row.getByText(m.wish.partner_set).click()
  await page.getByRole('textbox', { name: m.wish.partner }).fill(partner)
  await button(page, m.wish.save).click()
  await says(page, pattern(fill(m.wish.partner_is, { name: partner })))
  await card(page)
  const { text, shown } = await fresh(office, page)
  const [, , , masked, key, signature] = text.split('/1/')[1].split('.')
  const { cards } = await exported(page)
  const canaries = {
    name: p.name, nik: p.nik, kpj: p.kpj, phone: p.phone, 'phone at home': p.phone.replace('+62', '0'), partner, masked, 'masked as shown': shown.masked_name,
    'device key': bytes(key), signature: bytes(signature), 'short code': cards[0].short_code.replaceAll(/[- ]/g, ''),
  }

  await data(page)
  await follow(page, m.data.erase)
  await page.getByRole('textbox', { name: fill(m.data.erase_type, { word: m.data.erase_word }) }).fill(m.data.erase_word)
  await button(page, m.data.erase_yes).click()
  await says(page, m.data.sent)
  const { id } = await request(p, 'erase')
  const before = Object.fromEntries(Object.entries(canaries).map(([what, c]) => [what, held(c)]))
  assert.ok(before.signature > 0 && before['device key'] > 0, `the search finds what is there: ${JSON.stringify(before)}`)

  await office.ask('POST', `/v1/data-requests/${id}/prepare`)
  const alone = await call(office.url, 'POST', `/v1/data-requests/${id}/approve`, { key: office.officer })
  assert.equal(alone.status, 403, 'nobody erases alone')
  await office.ask('POST', `/v1/data-requests/${id}/approve`, undefined, office.supervisor)
  await aged(page)
  await heading(page, m.ended.erased)
  assert.equal(await qr(page).count(), 0)
  assert.notEqual((await office.judge(text)).verdict, 'valid')
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage)), [])

  await server.end()
  try {
    for (const [what, canary] of Object.entries(canaries)) assert.equal(held(canary), 0, what)
  } finally {
    await server.start()
  }
}, { person: { name: 'Quxo Wyvernyxa Jjembrixq' } }))

/** bytes are those of base32 text. */
function bytes(text) {
  const bits = [...text].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('')
  return Buffer.from(bits.match(/.{8}/g).map((eight) => parseInt(eight, 2)))
}

test('a screenshot is worth nothing after two minutes', async () => {
  const wait = screenshot.at + 123 - seconds()
  if (wait > 0) await new Promise((done) => setTimeout(done, wait * 1000))
  await office.wrong(screenshot.text, 'code_stale')
})
