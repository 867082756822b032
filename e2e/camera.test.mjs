// The films are real pictures of QR codes, and the till's scanner reads them:
// with the small decoder, with the strong one, beside foreign codes, and again
// after the camera was lost. Scanners that type are told from people.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { encode } from 'uqr'
import { clip, kill, launch, looks, pgm, pixels, zbar } from './camera.mjs'
import { scanPage } from './scanpage.mjs'

// As long as a card of a phone gets: version 11.
const card = 'HTTPS://KARTU.EXAMPLE/1/A1.123456.20500.SITI-R*****.' + 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.repeat(9).slice(0, 290)
const poster = 'https://elsewhere.example/menu?table=7'

let dir
let site
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'berlaku-camera-'))
  site = await scanPage()
})
after(async () => {
  await site?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
})

let films = 0
const film = (scenes, options) => clip(join(dir, `${++films}.y4m`), scenes, options)

/** scanning opens the page with a film before the camera and starts the scanner. */
async function scanning(t, path, { address = site.url, args, before = () => {} } = {}) {
  const context = await launch({ clip: path, dir: mkdtempSync(join(dir, 'phone-')), args })
  t.after(() => context.close())
  const page = context.pages()[0]
  await context.addInitScript(before)
  await page.goto(address)
  await until(page, 'window.ready')
  const fault = await page.evaluate('window.start()')
  const hits = async (condition) => {
    await until(page, condition)
    return page.evaluate('hits')
  }
  return { page, fault, hits }
}

/** until waits for a condition in the page, whose policy forbids Playwright's own way of waiting. */
async function until(page, condition) {
  for (const end = Date.now() + 30_000; !(await page.evaluate(condition)); ) {
    if (Date.now() > end) throw new Error(`waited in vain for ${condition}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

test('a film of a screenshot holds what the screen showed', async (t) => {
  const context = await launch({ dir: mkdtempSync(join(dir, 'phone-')) })
  t.after(() => context.close())
  const page = context.pages()[0]
  const { data, size } = encode(card, { ecc: 'M', border: 4 })
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : []))).join('')
  await page.setContent(`<body style="margin:0"><svg viewBox="0 0 ${size} ${size}" width="345" height="345" shape-rendering="crispEdges"><path d="${path}"/></svg>`)
  const screen = await page.screenshot({ clip: { x: 0, y: 0, width: 345, height: 345 } })
  const { width, grey } = pixels(screen)
  assert.deepEqual([width, grey[0], grey[45 * width + 45]], [690, 255, 0])
  for (const look of [{ scale: 0.9 }, { scale: 0.85, tilt: 10, turn: 8, blur: 0.9, noise: 4 }]) assert.deepEqual(zbar(pgm(film({ screen, frames: 1, ...look }), 0)), [card])
})

test('a film holds pictures that another reader reads', () => {
  for (const [name, look] of Object.entries({ clean: looks.clean, blur: looks.blur, lean: { tilt: 12, turn: 10, roll: 7 }, dim: { brightness: 0.35, noise: 4 } })) {
    const path = film({ text: card, frames: 2, ...look })
    for (const n of [0, 1]) assert.deepEqual(zbar(pgm(path, n)), [card], `${name}, picture ${n}`)
    assert.notDeepEqual(pgm(path, 0), pgm(path, 1), `${name}: every picture has its own noise`)
  }
  const scenes = film([{ text: poster, frames: 1 }, { text: card, frames: 1 }, { frames: 1 }, { texts: [poster, card], frames: 1, scale: 0.5 }])
  assert.deepEqual([0, 1, 2].map((n) => zbar(pgm(scenes, n))), [[poster], [card], []])
  assert.deepEqual(zbar(pgm(scenes, 3)).sort(), [card, poster])
})

const held = { ...looks, inverted: { invert: true } }
const cards = Object.keys(held).map((name) => card.slice(0, -name.length) + name.toUpperCase())
let everyLook
const looksFilm = () => (everyLook ??= film(Object.values(held).map((look, n) => ({ text: cards[n], frames: 6, ...look }))))

for (const [decoder, withheld] of [['qr', true], ['zxing', false]]) {
  test(`a card is read tilted, blurred, noisy, dark and inverted: ${decoder}`, async (t) => {
    site.withhold(withheld ? '.wasm' : '')
    t.after(() => site.withhold(''))
    const { fault, hits } = await scanning(t, looksFilm())
    assert.equal(fault, '')
    const all = await hits(`new Set(hits.filter((h) => h.decoder === '${decoder}').map((h) => h.text)).size === ${cards.length}`)
    assert.equal(all[0].decoder, 'qr', 'the small one is there at once')
    assert.ok(all.every((h) => cards.includes(h.text)))
  })
}

test('a text that stays in view is reported once in three seconds', async (t) => {
  const { hits } = await scanning(t, film({ text: card }))
  const all = await hits('hits.length > 1')
  assert.ok(all[1].at - all[0].at >= 2_990)
})

test('a foreign code never hides a card: one after the other, and side by side', async (t) => {
  const turns = await scanning(t, film([{ text: poster, frames: 8 }, { text: card, frames: 8 }, { frames: 12 }]))
  const seen = (await turns.hits(`new Set(hits.map((h) => h.text)).size > 1 && hits.length > 3`)).map((h) => h.text)
  for (let i = 1; i < seen.length; i++) assert.notEqual(seen[i], seen[i - 1], 'in turns, also when they come back')
  const both = await scanning(t, film({ texts: [poster, card], scale: 0.5 }))
  assert.deepEqual([...new Set((await both.hits('new Set(hits.map((h) => h.text)).size > 1')).map((h) => h.text))].sort(), [card, poster])
})

test('scanning goes on after the camera was taken away', async (t) => {
  const { page, hits } = await scanning(t, film({ text: card }))
  await hits('hits.length > 0')
  const lost = await page.evaluate(() => {
    const { srcObject } = document.getElementById('video')
    const [track] = srcObject.getVideoTracks()
    track.stop()
    window.hits = []
    track.dispatchEvent(new Event('ended'))
    return track.id
  })
  await hits('hits.length > 0')
  assert.notEqual(await page.evaluate(() => document.getElementById('video').srcObject.getVideoTracks()[0].id), lost)
})

test('a pause reports nothing, and what was reported is no news after it', async (t) => {
  const { page, hits } = await scanning(t, film({ text: card }))
  await hits('hits.length > 0')
  await page.evaluate('scanner.pause()')
  const count = await page.evaluate('hits.length')
  await until(page, `performance.now() > ${(await page.evaluate('performance.now()')) + 3_500}`)
  assert.equal(await page.evaluate('hits.length'), count)
  const resumed = await page.evaluate('scanner.resume(), performance.now()')
  const next = (await hits(`hits.length > ${count}`))[count]
  assert.ok(next.at - resumed >= 2_990)
  await page.evaluate('scanner.stop()')
  assert.equal(await page.evaluate(() => document.getElementById('video').srcObject), null)
})

test('why there is no camera is said by a code', async (t) => {
  assert.equal((await scanning(t, null)).fault, 'none')
  const refuse = (name) => `navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', '${name}'))`
  assert.equal((await scanning(t, null, { before: refuse('NotAllowedError') })).fault, 'denied')
  assert.equal((await scanning(t, null, { before: refuse('NotReadableError') })).fault, 'busy')
  const plain = { address: `http://till.test:${site.port}/`, args: ['--host-resolver-rules=MAP till.test 127.0.0.1'] }
  assert.equal((await scanning(t, null, plain)).fault, 'insecure')
})

/** keyboard presses keys that are ms apart by the clock of the keys themselves. */
async function keyboard(page, text, { apart, end = 'Enter', caps = false, german = false }) {
  const cdp = (page.keys ??= await page.context().newCDPSession(page))
  const now = Date.now() / 1000
  const special = { Enter: ['Enter', 13, '\r'], Tab: ['Tab', 9, ''] }
  const keys = [...text].map((c) => {
    const upper = /[A-Z]/.test(c)
    const code = /[a-z]/i.test(c) ? `Key${c.toUpperCase()}` : /\d/.test(c) ? `Digit${c}` : ({ ':': 'Semicolon', '/': 'Slash', '.': 'Period', '-': 'Minus', '*': 'Digit8' })[c]
    const shift = upper || c === ':' || c === '*' ? 8 : 0
    const swapped = { ':': 'Ö', '/': '-', '-': 'ß', Y: 'Z', Z: 'Y' }
    const key = caps ? (upper ? c.toLowerCase() : c.toUpperCase()) : german ? (swapped[c] ?? c) : c
    return { key, code, text: key, modifiers: shift }
  })
  if (end) keys.push({ key: special[end][0], code: end, windowsVirtualKeyCode: special[end][1], text: special[end][2], modifiers: 0 })
  for (const [i, key] of keys.entries()) {
    const timestamp = now + (i * apart) / 1000
    await cdp.send('Input.dispatchKeyEvent', { type: key.text ? 'keyDown' : 'rawKeyDown', timestamp, ...key })
    await cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', timestamp: timestamp + apart / 3000, ...key, text: undefined })
  }
}

test('what a scanner types is taken wherever the focus is, and what a person types is not', async (t) => {
  const { page } = await scanning(t, null)
  const typed = async () => page.evaluate('typed.splice(0)')
  const value = (id) => page.evaluate((id) => document.getElementById(id).value, id)
  const text = 'HTTPS://KARTU.EXAMPLE/1/A1.12.20500.YAZID-R**.ABC234'

  await keyboard(page, text, { apart: 8 })
  assert.deepEqual(await typed(), [text], 'nothing has the focus')
  await page.focus('#button')
  await keyboard(page, text, { apart: 8 })
  assert.deepEqual([await typed(), await page.evaluate('pressed')], [[text], 0], 'a button is not pressed')
  await page.fill('#plain', '125000')
  await keyboard(page, text, { apart: 8, end: 'Tab' })
  assert.deepEqual([await typed(), await value('plain')], [[text], '125000'], 'a field keeps what was in it')
  assert.equal(await page.evaluate('document.activeElement.id'), 'plain')
  await page.focus('#gun')
  await keyboard(page, text, { apart: 8 })
  assert.deepEqual([await typed(), await value('gun')], [[text], ''], 'the field for scanners is empty again')
  await keyboard(page, 'ABCD2345', { apart: 300 })
  assert.deepEqual([await typed(), await value('gun')], [['ABCD2345'], ''], 'what a person typed into it counts too')

  await page.focus('#plain')
  await page.fill('#plain', '')
  await keyboard(page, 'ABCD2345', { apart: 180 })
  assert.deepEqual([await typed(), await value('plain')], [[], 'ABCD2345'], 'a person types into a field')
  await page.focus('#button')
  await keyboard(page, 'AB', { apart: 8 })
  assert.deepEqual([await typed(), await page.evaluate('pressed')], [[], 1], 'two keys are no scan, Enter presses')
  await page.focus('body')
  await keyboard(page, text, { apart: 8, caps: true })
  assert.deepEqual(await typed(), [text], 'Caps Lock')
  await keyboard(page, text, { apart: 8, german: true })
  assert.deepEqual(await typed(), [text], 'a German keyboard')
})

test('a browser that is killed is gone, and its folder opens again', async (t) => {
  const phone = mkdtempSync(join(dir, 'phone-'))
  const first = await launch({ dir: phone })
  const gone = new Promise((done) => first.once('close', done))
  const page = first.pages()[0]
  await page.goto(site.url)
  await page.evaluate(() => new Promise((done) => {
    const open = indexedDB.open('kept', 1)
    open.onupgradeneeded = () => open.result.createObjectStore('s')
    open.onsuccess = () => {
      const tx = open.result.transaction('s', 'readwrite', { durability: 'strict' })
      tx.objectStore('s').put('here', 1)
      tx.oncomplete = done
    }
  }))
  await kill(phone)
  await gone
  const second = await launch({ dir: phone })
  t.after(() => second.close())
  await second.pages()[0].goto(site.url)
  assert.equal(await second.pages()[0].evaluate(() => new Promise((done) => {
    indexedDB.open('kept', 1).onsuccess = ({ target }) => (target.result.transaction('s').objectStore('s').get(1).onsuccess = (e) => done(e.target.result))
  })), 'here')
})
