// The till in a real browser against the built program: joining, scanning by a
// keyboard scanner, recording with and without a network, taking back, PINs,
// clocks and the end of a till.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'
import {
  again, askToJoin, bill, Browser, confirm, explained, fill, gun, more, next, pattern, pemilik, ready, receipt, redeem, rupiah, seconds, setClock, settled, Shop,
  stored, tab, unsent, until, verdict, w,
} from './kasir.mjs'
import { demo } from './server.mjs'

let server, shop
const phone = new Browser() // a till for all tests that leave it as it was
let shared
before(async () => {
  server = await demo()
  shop = await Shop.of(server)
  shared = await phone.open()
  await explained(shared, () => shop.join(shared))
})
after(async () => {
  await phone.close()
  await server?.stop()
})

const number = () => 'N' + randomUUID().slice(0, 8).toUpperCase()

/** till runs work on the shared till, from a network, the right time and the scanner. */
async function till(work) {
  await shared.context().setOffline(false)
  await shared.goto(`${shop.url}/kasir/`)
  await setClock(shared, 0)
  await ready(shared)
  await strip(shared, w.strip.online)
  await explained(shared, () => work(shared))
}

/** own runs work on a till that is its alone. */
async function own(work) {
  const browser = new Browser()
  try {
    const page = await browser.open()
    await explained(page, async () => work(page, await shop.join(page)))
  } finally {
    await browser.close()
  }
}

const offline = (page) => page.context().setOffline(true)
const online = (page) => page.context().setOffline(false)
const strip = (page, text) => page.getByRole('banner').getByText(text).waitFor()
const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()

/** lists says which status lists the till holds. */
const lists = async (page) => JSON.stringify((await stored(page, 'status')).map((s) => [s.shard, s.version]))

test('a phone joins by the link and stays joined', () => own(async (page) => {
  await strip(page, w.strip.online)
  await page.reload()
  await ready(page)
  await settled(page)
  await page.goto(`${shop.url}/kasir/#/gabung/SOMETHING`)
  await heading(page, more.join.already)
}))

test('a code is good once', async () => {
  const browser = new Browser()
  try {
    const page = await browser.open()
    await page.goto(`${shop.url}/kasir/`)
    await page.getByLabel(more.join.code).fill('WRONG-CODE')
    await page.getByRole('button', { name: more.join.go }).click()
    await page.getByText(w.problems.enrolment_code_invalid).waitFor()
  } finally {
    await browser.close()
  }
})

test('the owner confirms a phone, adds a cashier and ends the phone in the app itself', async () => {
  const [phone, office] = [new Browser(), new Browser()]
  try {
    const owner = await office.open()
    const account = server.world.accounts.find((a) => a.role === 'partner_owner' && a.scope.partner_id === shop.outlet.partner_id)
    await owner.goto(`${shop.url}/kasir/#/pemilik`)
    await owner.getByLabel(pemilik.email).fill(account.email)
    await owner.getByLabel(pemilik.password, { exact: true }).fill(account.password)
    await owner.getByRole('button', { name: pemilik.sign_in }).click()
    await heading(owner, pemilik.outlets)
    await owner.getByRole('button', { name: /Bengkel Monginsidi/ }).click()
    await owner.getByRole('button', { name: pemilik.add_till }).click()
    const link = await until('the link', async () => {
      const code = await owner.locator('.typed').innerText().catch(() => '')
      return code && `${shop.url}/kasir/#/gabung/${code.replace(/\s/g, '')}`
    })

    const page = await phone.open()
    const digits = await askToJoin(page, link, 'Kasir depan')
    await owner.getByRole('heading', { name: 'Kasir depan' }).waitFor()
    assert.equal((await owner.locator('.waits .digits').innerText()).replace(/\D/g, ''), digits)
    await owner.getByRole('button', { name: pemilik.matches }).click()
    await page.getByRole('button', { name: more.pending.poll }).click()
    await ready(page)
    await settled(page)

    await owner.getByText(pattern(pemilik.active)).first().waitFor()
    await owner.getByRole('listitem').filter({ hasText: 'Kasir depan' }).getByRole('button', { name: pemilik.revoke }).click()
    await owner.getByRole('dialog').getByRole('button', { name: pemilik.revoke }).click()
    await owner.getByText(pattern(pemilik.old_tills)).waitFor()
    await gun(page, (await shop.phone()).show())
    await until('the till to hear of it', async () => {
      await page.reload()
      return page.getByRole('heading', { level: 1, name: more.revoked.title }).waitFor({ timeout: 3000 }).then(() => true, () => false)
    })
  } finally {
    await phone.close()
    await office.close()
  }
})

test('with a network: scan, verdict, promo, bill, receipt, one row', () => till(async (page) => {
  const [p, n] = [await shop.phone(), number()]
  await gun(page, p.show())
  await verdict(page, 'valid')
  await page.getByText(p.name, { exact: true }).waitFor()
  assert.equal(await page.getByText(w.verdict.by_till).count(), 0)
  await bill(page, shop.promo.percent, 75_000, { number: n })
  await page.getByText('−' + rupiah(15_000)).waitFor()
  await page.getByText(rupiah(60_000)).waitFor()
  await confirm(page)
  await receipt(page, 'recorded')
  await page.getByText(n).waitFor()
  const row = await shop.one(n)
  assert.deepEqual([row.outcome, row.online, row.gross, row.discount, row.net, row.state], ['granted', true, 75_000, 15_000, 60_000, 'recorded'])
  await page.getByText(row.receipt.code).waitFor()
  await page.getByRole('button', { name: more.receipt.qr, exact: true }).click()
  await page.getByRole('dialog').getByRole('img', { name: more.receipt.qr }).waitFor()
  await page.keyboard.press('Escape')
  await next(page)
  await ready(page)
  assert.equal(await page.getByRole('button', { name: pattern(w.strip.unsent) }).count(), 0)
}))

/** unplugged is a use without a network: verdict, queue, reload, back, one row. */
async function unplugged(page, cut, mend) {
  const [p, n] = [await shop.phone(), number()]
  await cut()
  await gun(page, p.show())
  await verdict(page, 'valid')
  await page.getByText(w.verdict.by_till).waitFor()
  await strip(page, w.strip.offline)
  await strip(page, pattern(w.strip.card_data))
  await bill(page, shop.promo.percent, 80_000, { number: n })
  await confirm(page)
  await receipt(page, 'queued')
  await unsent(page, 1)
  await page.reload()
  await ready(page)
  await unsent(page, 1)
  assert.equal((await stored(page, 'queue')).length, 1)
  await mend()
  await unsent(page, 0)
  const row = await shop.one(n)
  assert.deepEqual([row.outcome, row.online, row.discount, row.flags], ['granted', false, 16_000, []])
  await strip(page, w.strip.online)
  await page.reload()
  await ready(page)
  await settled(page)
  await tab(page, 'today')
  await page.getByRole('link', { name: new RegExp(n) }).getByText(more.today.states.recorded).waitFor()
  await shop.one(n)
}

test('without a network: the same, kept over a reload and sent later', () => till((page) => unplugged(page, () => offline(page), () => online(page))))

test('without a server: the same, although the browser says it is online', () => till(async (page) => {
  try {
    await unplugged(page, () => server.end('SIGKILL'), async () => {
      assert.equal(await page.evaluate(() => navigator.onLine), true)
      await server.start()
      await page.reload() // a till that is looked at again tries at once
    })
  } finally {
    await server.end()
    await server.start()
  }
}))

test('cards that are not valid say why, with a network and without', () => till(async (page) => {
  const [p, bare] = [await shop.phone(), await shop.phone()]
  const asked = [
    [shop.printed('expired').text, 'card_expired'],
    [shop.printed('revoked').text, 'card_revoked'],
    [shop.printed('inactive').text, 'membership_inactive'],
    [shop.printed('in_arrears').text, 'membership_inactive'],
    [() => p.show(seconds() - 130), 'code_stale'],
    [() => p.show(seconds() + 300), 'clock_mismatch'],
    [bare.stored, 'proof_missing'],
    [() => p.show().replace(/.$/, (c) => (c === 'A' ? 'Q' : 'A')), ''],
  ]
  for (const mode of ['online', 'offline']) {
    if (mode === 'offline') await offline(page)
    for (const [text, reason] of asked) {
      await gun(page, typeof text === 'string' ? text : text())
      await verdict(page, 'not_valid', reason)
      await again(page)
    }
    await gun(page, p.show())
    await verdict(page, 'valid')
    await again(page)
  }
}))

test('a printed card needs the KTP', () => till(async (page) => {
  const n = number()
  await gun(page, shop.printed().text)
  await verdict(page, 'valid')
  await page.getByText(w.verdict.id_check).first().waitFor()
  await bill(page, shop.promo.free, 40_000, { number: n })
  const button = page.getByRole('button', { name: w.bill.id_first })
  assert.equal(await button.isDisabled(), true)
  await page.getByRole('checkbox', { name: pattern(w.bill.id_check) }).check()
  await confirm(page)
  await receipt(page, 'recorded')
  const row = await shop.one(n)
  assert.deepEqual([row.card_form, row.id_checked], ['printed', true])
}))

test('a card that was revoked is refused at once online, and offline as soon as the list is there', () => till(async (page) => {
  const p = await shop.phone()
  await gun(page, p.show())
  await verdict(page, 'valid')
  await again(page)
  const had = await lists(page)
  await shop.ask('POST', `/v1/cards/${p.id}/revoke`, { reason: 'lost' }, shop.officer)
  await gun(page, p.show(seconds() - 5))
  await verdict(page, 'not_valid', 'card_revoked')
  await again(page)
  await page.reload()
  await ready(page)
  await until('the newer status list', async () => (await lists(page)) !== had)
  await offline(page)
  await gun(page, p.show(seconds() - 10))
  await verdict(page, 'not_valid', 'card_revoked')
}))

test('a foreign code is a short notice and the next card goes through', () => till(async (page) => {
  await Promise.all([page.getByText(w.foreign).waitFor(), gun(page, 'https://menu.contoh.example/meja/7')]) // it goes by itself
  await gun(page, (await shop.phone()).show())
  await verdict(page, 'valid')
}))

test('short codes are typed with a network; without one the till says that it cannot tell', () => till(async (page) => {
  const card = shop.printed()
  const type = async (code) => {
    await page.getByLabel(w.scan.type_title).fill(code)
    await page.getByRole('button', { name: w.scan.type_check }).click()
  }
  await type(card.short_code.slice(0, 7))
  await page.getByText(w.scan.type_short).waitFor()
  await type(card.short_code.slice(0, 7) + (card.short_code[7] === '3' ? '4' : '3'))
  await page.getByText(w.scan.type_wrong).waitFor()
  await type(card.short_code.toLowerCase())
  await verdict(page, 'valid')
  await page.getByText(w.verdict.id_check).first().waitFor()
  await again(page)
  await offline(page)
  await type(card.short_code)
  await verdict(page, 'cannot_tell')
}))

test('a use is taken back, online and in the queue; the day adds up and is searched', () => own(async (page) => {
  const takeBack = async () => {
    await page.getByRole('button', { name: more.receipt.undo }).click()
    await page.getByRole('dialog').getByRole('button', { name: more.receipt.why_amount }).click()
    await heading(page, more.receipt.voided)
  }
  const [kept, undone, queued] = [number(), number(), number()]
  await redeem(page, (await shop.phone()).show(), shop.promo.percent, 50_000, { number: kept })
  await next(page)
  await redeem(page, (await shop.phone()).show(), shop.promo.percent, 60_000, { number: undone })
  await takeBack()
  assert.equal((await shop.one(undone)).state, 'voided')
  await next(page)

  await offline(page)
  await redeem(page, (await shop.phone()).show(), shop.promo.percent, 70_000, { number: queued, state: 'queued' })
  await unsent(page, 1)
  await takeBack()
  await unsent(page, 2)
  await next(page)
  await online(page)
  await unsent(page, 0)
  assert.equal((await shop.one(queued)).state, 'voided')
  assert.equal((await shop.one(kept)).state, 'recorded')

  await tab(page, 'today')
  await heading(page, more.today.title)
  const sums = (await page.locator('.totals').innerText()).replace(/\s+/g, ' ').toLowerCase()
  const { uses, gross, discount, net } = more.today
  for (const sum of [`1 ${uses}`, `${gross} ${rupiah(50_000)}`, `${discount} −${rupiah(10_000)}`, `${net} ${rupiah(40_000)}`]) assert.ok(sums.includes(sum.toLowerCase()), `${sum}: ${sums}`)
  await page.getByRole('searchbox', { name: more.today.search }).fill(undone.toLowerCase())
  await page.getByRole('link', { name: new RegExp(undone) }).waitFor()
  assert.equal(await page.locator('ul.rows').getByRole('link').count(), 1)
  await page.getByRole('searchbox').fill('no such number')
  await page.getByText(more.today.nothing).waitFor()
}))

test('a clock that was set back is noticed without a network', () => till(async (page) => {
  const p = await shop.phone()
  await offline(page)
  await setClock(page, -7200)
  await ready(page)
  await page.getByText(w.banner.clock_back).waitFor()
  await gun(page, p.show())
  await verdict(page, 'cannot_tell', 'clock_untrusted')
  await again(page)
  await gun(page, p.show(seconds() - 7200))
  await verdict(page, 'cannot_tell', 'clock_untrusted')
  await again(page)
  await online(page)
  await page.reload() // the clock stays wrong; the server tells the time
  await strip(page, w.strip.online)
  await gun(page, p.show())
  await verdict(page, 'valid')
}))

test('card data older than 72 hours decides nothing', () => till(async (page) => {
  const p = await shop.phone()
  const later = 73 * 3600
  await offline(page)
  await setClock(page, later)
  await ready(page)
  await page.getByText(w.banner.too_old).waitFor()
  await strip(page, fill(w.ago.days, { n: 3 }))
  await gun(page, p.show(seconds() + later))
  await verdict(page, 'cannot_tell', 'status_list_stale')
  await again(page)
  await setClock(page, 71 * 3600)
  await ready(page)
  await gun(page, p.show(seconds() + 71 * 3600))
  await verdict(page, 'valid')
}))

test('five wrong PINs lock a cashier until the owner gives a new one', async () => {
  const other = await Shop.of(server, 1)
  const cashier = await other.ask('POST', `/v1/outlets/${other.outlet.id}/cashiers`, { name: 'Sari', pin: '204816' })
  const browser = new Browser()
  try {
    const page = await browser.open()
    await other.join(page, { locked: true })
    const enter = async (pin) => {
      for (const digit of pin) await page.getByRole('group', { name: w.bill.keys }).getByRole('button', { name: digit, exact: true }).click()
    }
    await heading(page, fill(w.pin.hello, { name: 'Sari' }))
    for (let left = 4; left > 2; left--) {
      await enter('111222')
      await page.getByText(fill(w.pin.left, { n: left })).waitFor()
    }
    await page.reload()
    for (let left = 2; left > 0; left--) {
      await enter('333444')
      await page.getByText(fill(w.pin.left, { n: left })).waitFor()
    }
    await enter('555666')
    await page.getByText(w.pin.locked_do).waitFor()
    await page.reload()
    await page.getByText(w.pin.locked_do).waitFor()
    assert.equal(await page.getByRole('group', { name: w.bill.keys }).count(), 0)
    const listed = async () => (await other.ask('GET', `/v1/outlets/${other.outlet.id}/cashiers`)).items.find((c) => c.id === cashier.id)
    await until('the server to hear of the lock', async () => (await listed()).state === 'locked')

    await other.ask('POST', `/v1/cashiers/${cashier.id}/pin`, { pin: '731954' })
    await until('the new PIN on the phone', async () => {
      await page.reload()
      return page.getByText(w.pin.enter).waitFor({ timeout: 3000 }).then(() => true, () => false)
    })
    await enter('731954')
    await ready(page)
    const n = number()
    await redeem(page, (await other.phone()).show(), other.promo.free, 30_000, { number: n })
    await other.one(n)
    await next(page)
    await tab(page, 'settings')
    await page.getByRole('button', { name: more.settings.switch }).click()
    await heading(page, fill(w.pin.hello, { name: 'Sari' }))
  } finally {
    await browser.close()
    await other.ask('POST', `/v1/cashiers/${cashier.id}/end`)
  }
})

test('a till that is ended from afar says so, and still hands in', () => own(async (page, { id }) => {
  const n = number()
  await offline(page)
  await redeem(page, (await shop.phone()).show(), shop.promo.free, 30_000, { number: n, state: 'queued' })
  await shop.ask('POST', `/v1/tills/${id}/revoke`)
  await online(page)
  const row = await until('the hand-in', async () => (await shop.rows(n))[0])
  assert.deepEqual([row.outcome, row.reason, row.flags], ['refused', 'till_revoked', ['quarantined']])
  await unsent(page, 0)
  await heading(page, more.revoked.title)
  await page.getByText(more.revoked.done).waitFor()
  await page.reload()
  await heading(page, more.revoked.title)
  await shop.one(n)
}))

test('a till is not left behind unnoticed while something is unsent', () => own(async (page) => {
  const n = number()
  await offline(page)
  await redeem(page, (await shop.phone()).show(), shop.promo.free, 30_000, { number: n, state: 'queued' })
  await next(page)
  await tab(page, 'settings')
  await page.getByRole('button', { name: more.settings.leave }).click()
  const sheet = page.getByRole('dialog')
  await sheet.getByText(fill(more.settings.leave_unsent, { n: 1 })).waitFor()
  assert.equal(await sheet.getByRole('button', { name: more.settings.leave_yes }).isDisabled(), true)
  await sheet.getByRole('button', { name: w.cancel }).click()
  await unsent(page, 1)
  await online(page)
  await unsent(page, 0)
  await shop.one(n)
  await page.getByRole('button', { name: more.settings.leave }).click()
  await page.getByRole('dialog').getByRole('button', { name: more.settings.leave_yes }).click()
  await heading(page, more.join.title)
}))
