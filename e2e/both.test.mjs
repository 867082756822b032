// The two apps face to face: what the participant's phone shows is what the
// till's camera sees, while neither has a network. Later it is one use, and
// both sides know it.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { clip } from './camera.mjs'
import { activate, aged, follow, heading, k, m, qr, refreshed, says, scan, square, tab } from './kartu.mjs'
import { bill, Browser, confirm, explained, pattern, receipt, rupiah, Shop, unsent, until, verdict, w } from './kasir.mjs'
import { Office } from './office.mjs'
import { demo } from './server.mjs'

let server, shop, office, films
const [participant, till] = [new Browser(), new Browser()]
before(async () => {
  server = await demo()
  shop = await Shop.of(server)
  office = await Office.of(server)
  films = mkdtempSync(join(tmpdir(), 'berlaku-film-'))
})
after(async () => {
  await participant.close()
  await till.close()
  await server?.stop()
  if (films) rmSync(films, { recursive: true, force: true })
})

test('a phone without a network shows, a till without a network scans: one use, known to both', async () => {
  const joined = await till.open()
  await explained(joined, async () => {
    await shop.join(joined)
    await until('the strong decoder', () => joined.evaluate(async () => (await (await caches.open('kasir-strong')).keys()).length === 2))
  })
  await till.shut()
  const p = await office.person()
  const phone = await participant.open()
  await activate(phone, (await office.link(p)).url)
  await phone.context().setOffline(true)
  await server.end('SIGKILL')
  await phone.goto('about:blank')
  await phone.goto(`${server.url}/kartu/`)
  await aged(phone)
  await says(phone, k.banner.offline)
  const { text } = await scan(phone)
  const scenes = []
  for (const scale of [0.85, 0.9]) scenes.push({ screen: await square(phone), frames: 3, scale, tilt: 9, turn: 7, blur: 0.7 })

  const page = await till.open({ clip: clip(join(films, 'phone.y4m'), scenes) })
  await page.context().setOffline(true)
  await page.goto(`${server.url}/kasir/`)
  const number = 'N' + randomUUID().slice(0, 8).toUpperCase()
  await explained(page, async () => {
    await verdict(page, 'valid')
    await page.getByText(w.verdict.by_till).waitFor()
    await page.getByText(text.split('/1/')[1].split('.')[3].replaceAll('-', ' '), { exact: true }).waitFor()
    await bill(page, shop.promo.percent, 65_000, { number })
    await confirm(page)
    await receipt(page, 'queued')
    await unsent(page, 1)
  })

  await server.start()
  await page.context().setOffline(false)
  await phone.context().setOffline(false)
  await explained(page, () => unsent(page, 0))
  const use = await shop.one(number)
  assert.deepEqual([use.outcome, use.online, use.discount, use.state], ['granted', false, 13_000, 'recorded'])
  await explained(phone, async () => {
    await refreshed(phone)
    await says(phone, k.banner.unseen_one)
    await tab(phone, 'history')
    await heading(phone, m.uses.title)
    await says(phone, pattern(m.uses.saved))
    assert.equal(await phone.getByText(rupiah(13_000)).first().isVisible(), true)
    await follow(phone, pattern(shop.promo.percent.title))
    await says(phone, rupiah(52_000))
    await says(phone, use.receipt.code)
    const [opened] = await Promise.all([phone.context().waitForEvent('page'), follow(phone, m.uses.receipt)])
    await opened.waitForLoadState()
    assert.ok(opened.url().includes(use.receipt.code), opened.url())
    await opened.getByText(use.receipt.code).first().waitFor()
    await opened.close()
    await tab(phone, 'card')
    await qr(phone).waitFor()
  })
  await shop.one(number)
})
