// Measures, on this machine, what a cashier and a participant wait for. Times depend on the
// machine and on what else it does, so nothing fails here: the budgets in bytes
// are kept by the build. Prints a table and, last, one line of JSON.
//   npm run measure            BERLAKU_BIN=… names another program
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clip, looks, pgm, throttle } from './camera.mjs'
import { activate } from './kartu.mjs'
import { Browser, seconds, settled, Shop, until, w } from './kasir.mjs'
import { Office } from './office.mjs'
import { scanPage } from './scanpage.mjs'
import { demo } from './server.mjs'

const slow = { cpu: 4, kbits: 400, latency: 400 }
const rounds = Number(process.env.ROUNDS ?? 5)
const dir = mkdtempSync(join(tmpdir(), 'berlaku-measure-'))
const sorted = (all) => all.toSorted((a, b) => a - b)
const median = (all) => Math.round(sorted(all)[all.length >> 1])
const results = []
const note = (name, all, budget, unit = 'ms') => results.push({ name, p50: median(all), min: Math.round(Math.min(...all)), max: Math.round(Math.max(...all)), rounds: all.length, budget, unit })

/** watch runs in the page before anything else: when a button is there, a code, when the camera is open, when a verdict stands. */
function watch() {
  const seen = (name) => performance.getEntriesByName(name).length || performance.mark(name)
  new MutationObserver(() => {
    if (document.querySelector('#app button, #app nav a')) seen('m-ready')
    if (document.querySelector('#app canvas.symbol')) seen('m-code')
    if (document.querySelector('main.verdict')) seen('m-verdict')
  }).observe(document, { childList: true, subtree: true })
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices)
  if (open) navigator.mediaDevices.getUserMedia = (wish) => {
    seen('m-camera')
    return open(wish)
  }
}
const at = (page, name) => until(name, () => page.evaluate((n) => performance.getEntriesByName(n)[0]?.startTime, name), 60_000)

/** fetched is how many bytes came for the page so far, as they were sent. */
const fetched = (page) => page.evaluate(() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].reduce((sum, e) => sum + e.transferSize, 0))

/** An app on a phone that has never seen it, and on one that has. */
async function ready(server, app) {
  const [cold, warm, first] = [[], [], []]
  for (let n = 0; n < rounds; n++) {
    const browser = new Browser()
    const page = await browser.open()
    await browser.context.addInitScript(watch)
    await throttle(page, slow)
    await page.goto(`${server.url}/${app}/`, { waitUntil: 'commit' })
    cold.push(await at(page, 'm-ready'))
    first.push((await fetched(page)) / 1024)
    await until('the worker', () => page.evaluate(() => navigator.serviceWorker.controller !== null), 120_000)
    await page.reload({ waitUntil: 'commit' })
    warm.push(await at(page, 'm-ready'))
    await browser.close()
  }
  note(`${app}: ready cold, 4x CPU + 400 kbit/s + 400 ms`, cold, 3000)
  note(`${app}: ready warm, 4x CPU + 400 kbit/s + 400 ms`, warm, 1000)
  note(`${app}: fetched until then`, first, 30, 'KB')
}

/** From opening the app to the code on the screen, without a network. */
async function shows(server) {
  const office = await Office.of(server)
  const browser = new Browser()
  const page = await browser.open()
  await browser.context.addInitScript(watch)
  await activate(page, (await office.link(await office.person())).url)
  await browser.context.setOffline(true)
  for (const cpu of [1, 4]) {
    const cdp = await throttle(page, { cpu })
    await cdp.send('Network.disable')
    const all = []
    for (let n = 0; n < rounds; n++) {
      await page.goto('about:blank')
      await page.goto(server.url + '/kartu/', { waitUntil: 'commit' })
      all.push(await at(page, 'm-code'))
    }
    note(`kartu: open to code, offline, ${cpu}x CPU`, all, 1000)
    await cdp.detach()
  }
  await browser.close()
}

/** From asking for the camera to the verdict, without a network. */
async function scans(server) {
  const shop = await Shop.of(server)
  const phone = await shop.phone()
  const path = clip(join(dir, 'card.y4m'), { text: phone.show(seconds() + 90), frames: 6 })
  const browser = new Browser()
  const page = await browser.open({ clip: path })
  await browser.context.addInitScript(watch)
  await shop.join(page, { locked: true })
  await settled(page)
  await until('the strong decoder', () => page.evaluate(async () => (await (await caches.open('kasir-strong')).keys()).length === 2), 60_000)
  await browser.context.setOffline(true)
  for (const cpu of [1, 4]) {
    const cdp = await throttle(page, { cpu })
    await cdp.send('Network.disable')
    const all = []
    for (let n = 0; n < rounds; n++) {
      await page.goto(server.url + '/kasir/')
      await page.reload()
      await page.getByRole('heading', { level: 1, name: w.verdict.valid }).waitFor()
      all.push((await at(page, 'm-verdict')) - (await at(page, 'm-camera')))
    }
    note(`camera to verdict, offline, ${cpu}x CPU`, all, cpu === 1 ? 1500 : undefined)
    await cdp.detach()
  }
  await browser.close()
}

/** One picture of 1280x720 by each decoder, on the page's own thread: only that one can be throttled. */
async function decoders() {
  const site = await scanPage()
  const browser = new Browser()
  const page = await browser.open()
  await page.goto(site.url)
  await until('the page', () => page.evaluate('window.ready'))
  const text = 'HTTPS://KARTU.EXAMPLE/1/A1.123456.20500.SITI-R*****.' + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(9).slice(0, 290)
  for (const cpu of [1, 4]) {
    await throttle(page, { cpu })
    for (const look of ['clean', 'hard']) {
      const film = clip(join(dir, `${look}.y4m`), { text, frames: 8, ...looks[look] })
      const pictures = Array.from({ length: 8 }, (_, n) => pgm(film, n).subarray(-1280 * 720).toString('base64'))
      const times = await page.evaluate(async ({ pictures, text }) => {
        const { small, strong } = await window.decoders()
        await strong.open()
        const out = { small: [], strong: [], read: { small: 0, strong: 0 } }
        for (let round = 0; round < 3; round++) {
          for (const picture of pictures) {
            const grey = Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))
            const image = new ImageData(1280, 720)
            for (let i = 0; i < grey.length; i++) image.data.set([grey[i], grey[i], grey[i], 255], i * 4)
            for (const [name, read] of [['small', small.readSmall], ['strong', strong.readStrong]]) {
              const began = performance.now()
              const texts = await read(image, false)
              if (round) out[name].push(performance.now() - began) // the first round is for warming up
              if (round && texts[0] === text) out.read[name]++
            }
          }
        }
        return out
      }, { pictures, text })
      for (const name of ['small', 'strong']) note(`decode ${name}, ${look}, ${cpu}x CPU, read ${times.read[name]} of 16`, times[name], cpu === 4 ? 200 : undefined)
    }
  }
  await browser.close()
  await site.stop()
}

const server = await demo()
try {
  await ready(server, 'kasir')
  await ready(server, 'kartu')
  await shows(server)
  await scans(server)
  await decoders()
} finally {
  await server.stop()
  rmSync(dir, { recursive: true, force: true })
}
for (const { name, p50, min, max, budget, unit } of results) {
  console.log(`${name.padEnd(58)}${String(p50).padStart(6)} ${unit} (${min}–${max})${budget ? `   hold ${budget}${p50 > budget ? ', over' : ''}` : ''}`)
}
console.log(JSON.stringify({ measured: results }))
