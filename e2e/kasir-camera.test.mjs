// Cards before the camera: a film instead of a lens, and no hand on the phone
// between the scan and the verdict.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { clip, looks } from './camera.mjs'
import { bill, Browser, confirm, explained, pattern, receipt, seconds, settled, Shop, unsent, until, verdict, w } from './kasir.mjs'
import { demo } from './server.mjs'

let server, shop, films
before(async () => {
  server = await demo()
  shop = await Shop.of(server)
  films = mkdtempSync(join(tmpdir(), 'berlaku-film-'))
})
after(async () => {
  await server?.stop()
  if (films) rmSync(films, { recursive: true, force: true })
})

const number = () => 'N' + randomUUID().slice(0, 8).toUpperCase()
let count = 0
const film = (scenes) => clip(join(films, `${++count}.y4m`), scenes)

/**
 * show runs work on a till whose camera shows the film. The till joins first,
 * with the film already running: what is in it is its first scan. Codes of
 * phones in it are made for a moment from now, so that they are fresh then.
 */
async function show(path, work) {
  const browser = new Browser()
  try {
    const page = await browser.open({ clip: path })
    const foreign = page.getByText(w.foreign).waitFor().then(() => true, () => false) // it comes and goes by itself
    await explained(page, async () => {
      await shop.join(page, { locked: true })
      await work(page, { context: browser.context, foreign })
    })
  } finally {
    await browser.close()
  }
}

const strong = (page) => until('the strong decoder in the cache', () => page.evaluate(async () => {
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) if (url.endsWith('.wasm')) return true
  }
  return false
}))

test('a card before the camera: verdict, promo, bill, receipt, one row', async () => {
  const [p, n] = [await shop.phone(), number()]
  await show(film({ text: p.show(seconds() + 30) }), async (page) => {
    await verdict(page, 'valid')
    await page.getByText(p.name, { exact: true }).waitFor()
    await bill(page, shop.promo.percent, 75_000, { number: n })
    await confirm(page)
    await receipt(page, 'recorded')
    const row = await shop.one(n)
    assert.deepEqual([row.outcome, row.online, row.discount], ['granted', true, 15_000])
    await shop.one(n)
  })
})

test('the same without a network, over a reload, by the strong decoder: one row', async () => {
  const [p, n] = [await shop.phone(), number()]
  await show(film([{ frames: 30 }, { text: p.show(seconds() + 60), frames: 30 }]), async (page, { context }) => {
    await settled(page)
    await strong(page)
    await context.setOffline(true)
    await page.reload()
    await verdict(page, 'valid')
    await page.getByText(w.verdict.by_till).waitFor()
    await page.getByRole('banner').getByText(w.strip.offline).waitFor()
    await page.getByRole('banner').getByText(pattern(w.strip.card_data)).waitFor()
    await bill(page, shop.promo.percent, 60_000, { number: n })
    await confirm(page)
    await receipt(page, 'queued')
    await unsent(page, 1)
    await page.reload()
    await unsent(page, 1)
    await context.setOffline(false)
    await unsent(page, 0)
    assert.equal((await shop.one(n)).online, false)
    await page.reload()
    await page.getByRole('banner').getByText(w.strip.online).waitFor()
    await unsent(page, 0)
    await shop.one(n)
  })
})

for (const look of ['tilt', 'blur', 'noise']) {
  test(`a card is read: ${look}`, async () => {
    const p = await shop.phone()
    await show(film({ text: p.show(seconds() + 40), ...looks[look] }), async (page) => {
      await verdict(page, 'valid')
      await page.getByText(p.name, { exact: true }).waitFor()
    })
  })
}

test('a foreign code before the card holds nobody up', async () => {
  const p = await shop.phone()
  await show(film([{ text: 'https://menu.contoh.example/meja/7', frames: 12 }, { text: p.show(seconds() + 40), frames: 12 }]), async (page, { foreign }) => {
    await verdict(page, 'valid')
    assert.equal(await foreign, true)
  })
})

test('a foreign code beside the card holds nobody up', async () => {
  const p = await shop.phone()
  await show(film({ texts: ['https://menu.contoh.example/meja/7', p.show(seconds() + 40)], scale: 0.5 }), (page) => verdict(page, 'valid'))
})

test('a screenshot that is older than 120 seconds is not valid', async () => {
  const p = await shop.phone()
  await show(film({ text: p.show(seconds() - 125) }), (page) => verdict(page, 'not_valid', 'code_stale'))
})

test('a revoked card is not valid', () => show(film({ text: shop.printed('revoked').text }), (page) => verdict(page, 'not_valid', 'card_revoked')))

test('a printed card is valid with the KTP beside it', () => show(film({ text: shop.printed().text }), async (page) => {
  await verdict(page, 'valid')
  await page.getByText(w.verdict.id_check).first().waitFor()
  await page.getByText(pattern(w.verdict.printed)).first().waitFor()
}))
