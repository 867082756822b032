// Cards before the camera: a film instead of a lens, and no hand on the phone
// between the scan and the verdict.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { clip, looks } from './camera.mjs'
import { bill, Browser, confirm, explained, pattern, receipt, seconds, Shop, unsent, until, verdict, w } from './kasir.mjs'
import { proxy } from './kasir-proxy.mjs'
import { demo } from './server.mjs'

let server, shop, net, films
const browser = new Browser()
before(async () => {
  server = await demo()
  shop = await Shop.of(server)
  net = await proxy(server.url)
  films = mkdtempSync(join(tmpdir(), 'berlaku-film-'))
  const page = await browser.open()
  await explained(page, async () => {
    await shop.join(page, { at: net.url })
    await until('the strong decoder in the cache', () => page.evaluate(strong))
  })
  await browser.shut()
})
after(async () => {
  await browser.close()
  await net?.stop()
  await server?.stop()
  if (films) rmSync(films, { recursive: true, force: true })
})

/** strong runs in the page: whether the worker has fetched the strong decoder. */
async function strong() {
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) if (url.endsWith('.wasm')) return true
  }
  return false
}

const number = () => 'N' + randomUUID().slice(0, 8).toUpperCase()
let count = 0

/** show opens the till with a film before its camera, and runs work. Offline is for the page and its worker alike. */
async function show(scenes, work, { offline = false } = {}) {
  const page = await browser.open({ clip: clip(join(films, `${++count}.y4m`), scenes) })
  try {
    net.down(offline)
    const foreign = page.getByText(w.foreign).waitFor().then(() => true, () => false) // it comes and goes by itself
    await page.goto(`${net.url}/kasir/`)
    await explained(page, () => work(page, { foreign }))
  } finally {
    await browser.shut()
  }
}

test('a card before the camera: verdict, promo, bill, receipt, one row', async () => {
  const [p, n] = [await shop.phone(), number()]
  await show({ text: p.show(seconds() + 20) }, async (page) => {
    await verdict(page, 'valid')
    await page.getByText(p.name, { exact: true }).waitFor()
    await bill(page, shop.promo.percent, 75_000, { number: n })
    await confirm(page)
    await receipt(page, 'recorded')
    const row = await shop.one(n)
    assert.deepEqual([row.outcome, row.online, row.discount], ['granted', true, 15_000])
  })
})

test('the same without a network, over a reload: one row', async () => {
  const [p, n] = [await shop.phone(), number()]
  await show({ text: p.show(seconds() + 20) }, async (page) => {
    await verdict(page, 'valid')
    await page.getByText(w.verdict.by_till).waitFor()
    await page.getByRole('banner').getByText(w.strip.offline).waitFor()
    await page.getByRole('banner').getByText(pattern(w.strip.card_data)).waitFor()
    await bill(page, shop.promo.percent, 60_000, { number: n })
    await confirm(page)
    await receipt(page, 'queued')
    await unsent(page, 1)
    await page.goto('about:blank')
    await page.goto(`${net.url}/kasir/#/hari-ini`)
    await unsent(page, 1)
    assert.equal((await shop.rows(n)).length, 0)
    net.down(false)
    await page.reload() // a till that is looked at again tries at once
    await unsent(page, 0)
    assert.equal((await shop.one(n)).online, false)
    await page.reload()
    await page.getByRole('banner').getByText(w.strip.online).waitFor()
    await unsent(page, 0)
    await shop.one(n)
  }, { offline: true })
})

for (const look of ['tilt', 'blur', 'noise']) {
  test(`a card is read: ${look}`, async () => {
    const p = await shop.phone()
    await show({ text: p.show(seconds() + 20), ...looks[look] }, async (page) => {
      await verdict(page, 'valid')
      await page.getByText(p.name, { exact: true }).waitFor()
    })
  })
}

test('a foreign code before the card holds nobody up', async () => {
  const p = await shop.phone()
  await show([{ text: 'https://menu.contoh.example/meja/7', frames: 12 }, { text: p.show(seconds() + 20), frames: 12 }], async (page, { foreign }) => {
    assert.equal(await foreign, true)
    await verdict(page, 'valid')
  })
})

test('a foreign code beside the card holds nobody up', async () => {
  const p = await shop.phone()
  await show({ texts: ['https://menu.contoh.example/meja/7', p.show(seconds() + 20)], scale: 0.5 }, (page) => verdict(page, 'valid'))
})

test('a screenshot that is older than 120 seconds is not valid', async () => {
  const p = await shop.phone()
  await show({ text: p.show(seconds() - 125) }, (page) => verdict(page, 'not_valid', 'code_stale'))
})

test('a revoked card is not valid', () => show({ text: shop.printed('revoked').text }, (page) => verdict(page, 'not_valid', 'card_revoked')))

test('a printed card is valid with the KTP beside it', () => show({ text: shop.printed().text }, async (page) => {
  await verdict(page, 'valid')
  await page.getByText(w.verdict.id_check).first().waitFor()
  await page.getByText(pattern(w.verdict.printed)).first().waitFor()
}))
