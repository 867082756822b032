// The participant's app in a real browser: to get a card, to read its code off
// the screen, to find one's way. Screens are found by role and by the words of
// internal/words/id.json.
import assert from 'node:assert/strict'
import { zbar } from './camera.mjs'
import { Browser, explained, until, words } from './kasir.mjs'
import { gozxing } from './picture.mjs'

export const { kartu: k, kartu_more: m } = words

export const button = (page, name) => page.getByRole('button', { name, exact: true })
export const heading = (page, name) => page.getByRole('heading', { name, exact: true }).first().waitFor()
/** says waits for a text on the screen. */
export const says = (page, text) => page.getByText(text).filter({ visible: true }).first().waitFor()
export const tab = (page, name) => page.getByRole('navigation', { name: k.tabs.nav }).getByRole('link', { name: k.tabs[name] }).click()
/** follow opens what is behind a row or link whose name begins with a text. */
export const follow = (page, name) => page.getByRole('link', { name }).or(page.getByRole('button', { name })).filter({ visible: true }).first().click()

/** sheet is the dialog that is open. */
export const sheet = (page) => page.getByRole('dialog')

/** agree reads the notice that is shown, and consents. */
export async function agree(page) {
  await page.getByRole('checkbox', { name: m.consent.tick }).check()
}

/** activate puts the card of a link on a phone, and waits for its code. */
export async function activate(page, link) {
  await page.goto(link)
  await says(page, m.start.got_code)
  await agree(page)
  await button(page, m.start.go).click()
  await ready(page)
  await settled(page)
}

export const qr = (page) => page.getByRole('img', { name: k.card.qr }).first()
export const ready = (page) => qr(page).waitFor()

/** settled waits until the app works without a network. */
export async function settled(page) {
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await until('the worker to control the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null))
}

/** card opens the card's screen. */
export async function card(page) {
  await tab(page, 'card')
  await ready(page)
}

/**
 * scan reads the code off the screen as a till would: zbarimg a picture of the
 * whole page, gozxing one of the code alone. Returns {text, modules, module, quiet}.
 */
export async function scan(page) {
  await ready(page)
  return until('both decoders to read the same', async () => {
    const whole = zbar(await page.screenshot())
    const { x, y, width, height } = await qr(page).boundingBox()
    // One pixel of the page less on each side: the code may lie between two rows.
    const alone = gozxing(await page.screenshot({ clip: { x: x + 1, y: y + 1, width: width - 2, height: height - 2 } }))
    alone.quiet += await page.evaluate(() => devicePixelRatio)
    return whole.length === 1 && whole[0] === alone.text && alone // a new code may have come between the two
  })
}

/** proofTime is when the code on the screen was made, Unix seconds. */
export const proofTime = (text) => Number(text.split('/1/')[1].split('.')[6])

/** square is a square screenshot of the code and what is around it. */
export async function square(page) {
  await qr(page).scrollIntoViewIfNeeded()
  const { width } = page.viewportSize()
  const box = await qr(page).boundingBox()
  const y = Math.max(0, box.y + box.height / 2 - width / 2)
  return page.screenshot({ clip: { x: 0, y, width, height: width } })
}

/** aged opens the app anew an hour later, as far as what it holds from the server is concerned: it asks for it again. */
export async function aged(page) {
  await page.evaluate(() => new Promise((done, fail) => {
    const open = indexedDB.open('berlaku-kartu')
    open.onerror = () => fail(open.error)
    open.onsuccess = () => {
      const t = open.result.transaction('answers', 'readwrite')
      t.objectStore('answers').openCursor().onsuccess = ({ target: { result: cursor } }) => {
        if (!cursor) return
        cursor.update({ ...cursor.value, at: cursor.value.at - 3600 })
        cursor.continue()
      }
      t.oncomplete = () => {
        open.result.close()
        done()
      }
    }
  }))
  await page.reload()
}

/** refreshed is aged, and waits until the server has told of the card. */
export async function refreshed(page) {
  const heard = page.waitForResponse((r) => r.url().endsWith('/v1/my/status') && r.ok())
  await aged(page)
  await heard
}

/** own runs work with a new person whose card is on a new phone. */
export async function own(office, work, { person = {}, open = {} } = {}) {
  const browser = new Browser()
  try {
    const p = await office.person(person)
    const page = await browser.open(open)
    await explained(page, async () => {
      await activate(page, (await office.link(p)).url)
      await work(page, p, browser)
    })
  } finally {
    await browser.close()
  }
}

/** fresh asserts that a text is a good card now and returns what the till is told. */
export async function fresh(office, page) {
  const { text } = await scan(page)
  const shown = await office.good(text)
  assert.equal(shown.form, 'phone')
  return { text, shown }
}
