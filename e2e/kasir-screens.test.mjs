// Every screen of the till and of the outlet's owner: no violation of WCAG 2.2
// A and AA, nothing to scroll sideways at 320 px, light and dark.
// SCREENSHOTS=folder keeps pictures of them, to look at.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { clip } from './camera.mjs'
import { again, bill, Browser, confirm, explained, fill, gun, more, next, pattern, pemilik, ready, receipt, redeem, seconds, settled, Shop, tab, unsent, verdict, w } from './kasir.mjs'
import { call, demo } from './server.mjs'

const shots = process.env.SCREENSHOTS
const sizes = [[320, 'light'], [320, 'dark'], [360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']]
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

let server, shop, films
before(async () => {
  server = await demo()
  shop = await Shop.of(server)
  films = mkdtempSync(join(tmpdir(), 'berlaku-film-'))
  if (shots) mkdirSync(shots, { recursive: true })
})
after(async () => {
  await server?.stop()
  if (films) rmSync(films, { recursive: true, force: true })
})

let looked = 0
const faults = []

/** look examines the screen that is shown now; what is wrong is collected. */
async function look(page, name) {
  looked++
  for (const [width, colorScheme] of sizes) {
    const examined = width === 320
    if (!examined && colorScheme === 'dark' && !shots) continue
    await page.setViewportSize({ width, height: width > 800 ? 800 : 740 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) faults.push(`${name}: ${wide} px too wide at ${width}`)
    if (examined) {
      const { violations } = await new AxeBuilder({ page }).withTags(tags).setLegacyMode().analyze()
      for (const v of violations) faults.push(`${name}, ${colorScheme}: ${v.id}: ${v.nodes.map((n) => n.html).join('\n  ')}`)
    }
    if (shots) await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 360, height: 740 })
}

/** on runs work in a browser of its own; what was found wrong fails the test. */
async function on(options, work) {
  const browser = new Browser()
  faults.length = 0
  try {
    const page = await browser.open(options)
    await explained(page, () => work(page))
  } finally {
    await browser.close()
  }
  assert.deepEqual(faults, [])
}

const heading = (page, name) => page.getByRole('heading', { level: 1, name, exact: true }).waitFor()
const number = () => 'N' + randomUUID().slice(0, 8).toUpperCase()
const escape = (page) => page.keyboard.press('Escape')

test('the screens of the till', () => on({ clip: clip(join(films, 'desk.y4m'), { frames: 2 }) }, async (page) => {
  await page.goto(`${shop.url}/kasir/`)
  await heading(page, more.join.title)
  await look(page, 'join')
  await page.getByLabel(more.join.code).fill('SALAH')
  await page.getByRole('button', { name: more.join.go }).click()
  await page.getByText(w.problems.enrolment_code_invalid).waitFor()
  await look(page, 'join-wrong')
  const { code } = await shop.enrol()
  await page.getByLabel(more.join.code).fill(code)
  await page.getByRole('button', { name: more.join.go }).click()
  await heading(page, more.pending.title)
  await look(page, 'pending')
  const [{ id }] = await shop.tills()
  await shop.ask('POST', `/v1/tills/${id}/confirm`)
  await page.getByRole('button', { name: more.pending.poll }).click()
  await ready(page)
  await settled(page)

  await page.getByText(w.scan.hint).waitFor()
  await look(page, 'scan')
  await page.getByRole('button', { name: w.scan.type, exact: true }).click()
  await page.getByRole('dialog').getByRole('button', { name: w.scan.type_check }).click()
  await page.getByText(w.scan.type_short).waitFor()
  await look(page, 'scan-type')
  await escape(page)
  await tab(page, 'today')
  await page.getByText(more.today.empty, { exact: true }).waitFor()
  await look(page, 'today-empty')
  await tab(page, 'scan')

  await gun(page, (await shop.phone()).show())
  await verdict(page, 'valid')
  await look(page, 'verdict-valid')
  await page.getByRole('group', { name: w.verdict.offers }).getByText(shop.promo.parts.title, { exact: true }).click()
  await page.getByRole('button', { name: w.verdict.next }).click()
  await heading(page, shop.promo.parts.title)
  await look(page, 'bill-empty')
  for (const digit of '40000') await page.getByRole('group', { name: w.bill.keys }).getByRole('button', { name: digit, exact: true }).click()
  await page.getByText(pattern(w.bill.minimum)).waitFor()
  await look(page, 'bill-minimum')
  await page.getByRole('button', { name: '000', exact: true }).click()
  await page.getByRole('button', { name: w.bill.receipt }).click()
  await page.getByRole('textbox', { name: w.bill.receipt }).fill('NOTA-1')
  await look(page, 'bill')
  await confirm(page)
  await receipt(page, 'recorded')
  await look(page, 'receipt')
  await page.getByRole('button', { name: more.receipt.qr, exact: true }).click()
  await page.getByRole('dialog').getByRole('img', { name: more.receipt.qr }).waitFor()
  await look(page, 'receipt-qr')
  await escape(page)
  await page.getByRole('button', { name: more.receipt.undo }).click()
  await page.getByRole('dialog').getByRole('button', { name: more.receipt.why_promo }).waitFor()
  await look(page, 'undo')
  await page.getByRole('dialog').getByRole('button', { name: more.receipt.why_promo }).click()
  await receipt(page, 'voided')
  await look(page, 'voided')
  await next(page)

  await gun(page, shop.printed().text)
  await verdict(page, 'valid')
  await look(page, 'verdict-printed')
  await bill(page, shop.promo.free, 1_000_000_000, {})
  await look(page, 'bill-printed')
  await page.goBack()
  await again(page)
  await gun(page, shop.printed('revoked').text)
  await verdict(page, 'not_valid', 'card_revoked')
  await look(page, 'verdict-not-valid')
  await again(page)

  const p = await shop.phone() // used up elsewhere between the verdict and the tap
  await gun(page, p.show())
  await verdict(page, 'valid')
  await bill(page, shop.promo.percent, 50_000, {})
  const key = server.world.api_keys.find((k) => k.outlet_id === shop.outlet.id).key
  const elsewhere = await call(shop.url, 'POST', '/v1/redemptions', { key, idempotency: randomUUID(), body: { card: p.show(seconds() - 9), benefit_id: shop.promo.percent.id, gross: 50_000 } })
  assert.equal(elsewhere.body.outcome, 'granted')
  await confirm(page)
  await heading(page, more.receipt.refused)
  await look(page, 'refused')
  await again(page)

  await page.getByRole('button', { name: w.scan.type, exact: true }).click()
  await page.getByRole('dialog').getByLabel(w.scan.type_title).fill(shop.printed().short_code)
  await page.getByRole('dialog').getByRole('button', { name: w.scan.type_check }).click()
  await verdict(page, 'valid')
  await bill(page, shop.promo.free, 30_000, { idCheck: true })
  await page.context().setOffline(true)
  await confirm(page)
  await heading(page, more.receipt.unsure)
  await look(page, 'unsure')
  await page.getByRole('button', { name: more.receipt.give_up }).click()
  await page.getByRole('dialog').getByRole('button', { name: more.receipt.give_up_yes }).waitFor()
  await look(page, 'unsure-give-up')
  await page.getByRole('dialog').getByRole('button', { name: more.receipt.give_up_yes }).click()
  await ready(page)

  await redeem(page, (await shop.phone()).show(), shop.promo.percent, 75_000, { number: number(), state: 'queued' })
  await look(page, 'queued')
  await next(page)
  await look(page, 'scan-offline')
  await tab(page, 'today')
  await heading(page, more.today.title)
  await look(page, 'today')
  await page.getByRole('link', { name: new RegExp(shop.promo.percent.title) }).first().click()
  await page.getByRole('dialog').waitFor()
  await look(page, 'today-one')
  await escape(page)
  await tab(page, 'settings')
  await heading(page, more.settings.title)
  await look(page, 'settings')
  await page.getByRole('button', { name: more.settings.leave }).click()
  await page.getByRole('dialog').waitFor()
  await look(page, 'leave')
  await escape(page)
  await shop.ask('POST', `/v1/tills/${id}/revoke`)
  await page.context().setOffline(false)
  await unsent(page, 0)
  await page.goto(`${shop.url}/kasir/#/`)
  await heading(page, more.revoked.title)
  await look(page, 'revoked')
}))

test('the screens of the PIN, of a phone without a camera, and in English', async () => {
  const other = await Shop.of(server, 1)
  for (const [name, pin] of [['Sari', '204816'], ['Budi', '731954']]) await other.ask('POST', `/v1/outlets/${other.outlet.id}/cashiers`, { name, pin })
  await on({}, async (page) => {
    await other.join(page, { locked: true })
    await heading(page, w.pin.who)
    await look(page, 'pin-who')
    await page.getByRole('button', { name: 'Sari' }).click()
    await heading(page, fill(w.pin.hello, { name: 'Sari' }))
    const enter = async (pin) => {
      for (const digit of pin) await page.getByRole('group', { name: w.bill.keys }).getByRole('button', { name: digit, exact: true }).click()
    }
    await enter('204815')
    await page.getByText(fill(w.pin.left, { n: 4 })).waitFor()
    await look(page, 'pin-wrong')
    await enter('204816')
    await ready(page)
    await heading(page, w.scan.none)
    await look(page, 'no-camera')
    await page.context().setOffline(true)
    await page.getByLabel(w.scan.type_title).fill(other.printed().short_code)
    await page.getByRole('button', { name: w.scan.type_check }).click()
    await verdict(page, 'cannot_tell')
    await look(page, 'verdict-cannot-tell')
    await again(page)
    await page.context().setOffline(false)
    await tab(page, 'settings')
    await page.getByText('English', { exact: true }).click()
    await page.getByRole('heading', { level: 1, name: 'Settings' }).waitFor()
    await look(page, 'settings-english')
  })
})

test('the screens of the owner', () => on({}, async (page) => {
  const account = server.world.accounts.find((a) => a.role === 'partner_owner' && a.scope.partner_id === shop.outlet.partner_id)
  await page.goto(`${shop.url}/kasir/#/pemilik`)
  await page.getByLabel(pemilik.email).fill(account.email)
  await page.getByLabel(pemilik.password, { exact: true }).fill('salah')
  await page.getByRole('button', { name: pemilik.sign_in }).click()
  await page.getByText(pemilik.problems.credentials_invalid).waitFor()
  await look(page, 'owner-sign-in')
  await page.getByLabel(pemilik.password, { exact: true }).fill(account.password)
  await page.getByRole('button', { name: pemilik.sign_in }).click()
  await heading(page, pemilik.outlets)
  await look(page, 'owner-outlets')
  await page.getByRole('button', { name: /Bengkel Tondo/ }).click()
  await page.getByRole('button', { name: pemilik.add_till }).click()
  await page.getByRole('dialog').getByRole('img').waitFor()
  await look(page, 'owner-enrol')
  await escape(page)
  await page.getByRole('button', { name: pemilik.add_cashier }).click()
  await page.getByRole('dialog').getByLabel(pemilik.cashier_name).fill('Ani')
  await page.getByRole('dialog').getByLabel(pemilik.pin).fill('123456')
  await page.getByRole('dialog').getByRole('button', { name: pemilik.save }).click()
  await page.getByRole('dialog').getByRole('alert').waitFor()
  await look(page, 'owner-add-cashier')
  await escape(page)
  await page.getByText(pemilik.cashiers).first().waitFor()
  await look(page, 'owner-outlet')
}))

test('that was every screen', () => assert.ok(looked >= 37, `${looked} screens`))
