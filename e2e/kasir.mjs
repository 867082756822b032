// The till's app in a real browser: to open it, to join, to scan and to look.
// Screens are found by role and by the words of internal/words/id.json.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kill, launch } from './camera.mjs'
import { Phone } from './phone.mjs'
import { call, signIn } from './server.mjs'

export const words = JSON.parse(readFileSync(new URL('../internal/words/id.json', import.meta.url), 'utf8'))
export const { kasir: w, kasir_more: more, pemilik, reasons } = words

const patience = 20_000 // ms until a condition that is waited for counts as missed

/** fill puts values in place of {names}, as the app does. */
export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''))
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
/** pattern matches a text of the words whatever stands for its {names}. */
export const pattern = (text) => new RegExp(text.split(/\{\w+\}/).map(escaped).join('.*'))
export const rupiah = (n) => 'Rp' + n.toLocaleString('id-ID')
export const seconds = () => Math.floor(Date.now() / 1000)

/** until waits for a condition; what it returns is handed on. */
export async function until(what, condition, ms = patience) {
  const end = Date.now() + ms
  for (;;) {
    const got = await condition()
    if (got) return got
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 25))
  }
}

/** explained runs work and says what was on the screen where it failed. */
export async function explained(page, work) {
  try {
    return await work()
  } catch (fault) {
    const text = await page.locator('body').innerText({ timeout: 1000 }).catch(() => 'nothing')
    fault.stack += `\n--- on the screen (${page.url()}):\n${text}\n---`
    throw fault
  }
}

/** A browser with a folder of its own, which can be killed and opened again on the same folder. */
export class Browser {
  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'berlaku-kasir-'))
  }

  /** open starts it and returns its page; clip is a film for the camera, none: there is no camera. */
  async open(options = {}) {
    this.context = await launch({ dir: this.dir, ...options })
    this.context.setDefaultTimeout(patience)
    await this.context.addInitScript(shiftedClock)
    return this.context.pages()[0]
  }

  /** kill ends it as a battery that is taken out. */
  async kill() {
    const closed = new Promise((done) => this.context.once('close', done))
    await kill(this.dir)
    await closed
  }

  /** shut ends it in good order; the folder stays. */
  shut = () => this.context?.close().catch(() => {})

  async close() {
    await this.shut()
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

/** shiftedClock runs in every page: Date is off by what localStorage says. */
function shiftedClock() {
  let by = 0
  try {
    by = Number(localStorage.getItem('clock-off-by') ?? 0) * 1000
  } catch {
    return // a page without storage
  }
  if (!by) return
  const Real = Date
  globalThis.Date = class extends Real {
    constructor(...given) {
      super(...(given.length ? given : [Real.now() + by]))
    }
    static now() {
      return Real.now() + by
    }
  }
}

/** setClock puts the phone's clock off by so many seconds; the page begins anew. */
export async function setClock(page, offBy) {
  await page.evaluate((by) => localStorage.setItem('clock-off-by', String(by)), offBy)
  await page.reload()
}

/** A world with a shop in it: what most tests begin from. */
export class Shop {
  static async of(server, nth = 0) {
    const shop = new Shop()
    const outlet = server.world.outlets[nth]
    const of = (kind, total = false) => server.world.benefits.find((b) => b.partner_id === outlet.partner_id && b.kind === kind && Boolean(b.limits.total_count) === total)
    Object.assign(shop, { server, url: server.url, outlet, promo: { percent: of('percent'), free: of('free_item'), amount: of('amount'), parts: of('percent', true) } })
    shop.owner = await signIn(server, 'partner_owner', { partner_id: outlet.partner_id })
    shop.officer = await signIn(server, 'branch_supervisor', { branch_id: outlet.branch_id })
    return shop
  }

  async ask(method, path, body, key = this.owner) {
    const r = await call(this.url, method, path, { key, body })
    assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${r.body?.code}`)
    return r.body
  }

  phone = () => Phone.activate(this.url, this.server.world.activations.pop().code)
  printed = (expect = 'valid') => {
    const at = this.server.world.cards.findIndex((c) => c.expect === expect)
    return this.server.world.cards.splice(at, 1)[0]
  }

  enrol = () => this.ask('POST', `/v1/outlets/${this.outlet.id}/enrolments`)
  tills = async () => (await this.ask('GET', `/v1/outlets/${this.outlet.id}/tills`)).items
  /** rows are the records with a receipt number, as the owner sees them. */
  rows = async (number) => (await this.ask('GET', '/v1/redemptions?limit=200')).items.filter((r) => r.receipt_number === number)

  /** one asserts that a use is exactly one row and returns it. */
  async one(number) {
    const found = await this.rows(number)
    assert.equal(found.length, 1, `${found.length} rows of ${number}`)
    return found[0]
  }

  /** join makes a page a till of the outlet: by link, with the owner's word by API. */
  async join(page, { at = this.url, name = 'Kasir uji', locked = false } = {}) {
    const { code } = await this.enrol()
    const digits = await askToJoin(page, `${at}/kasir/#/gabung/${code}`, name)
    const till = await until('the till in the list', async () => (await this.tills()).find((t) => t.fingerprint === digits))
    await this.ask('POST', `/v1/tills/${till.id}/confirm`)
    await page.getByRole('button', { name: more.pending.poll }).click()
    if (!locked) await ready(page)
    await settled(page)
    return till
  }
}

/** askToJoin opens a link with which a phone becomes a till, and returns the digits that the owner compares. */
export async function askToJoin(page, link, name) {
  await page.goto(link)
  await page.getByLabel(more.join.name).fill(name)
  await page.getByRole('button', { name: more.join.go }).click()
  return (await page.getByRole('img', { name: pattern(more.pending.digits) }).innerText()).replace(/\D/g, '')
}

/** ready waits for the scanner. */
export const ready = (page) => page.getByRole('link', { name: w.tabs.scan, exact: true }).waitFor()

/** settled waits until the app has its data and works without a network. */
export async function settled(page) {
  await page.getByText(pattern(w.strip.card_data)).first().waitFor()
  await page.evaluate(async () => void (await navigator.serviceWorker.ready))
  await until('the worker to control the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null))
}

/** gun types a text as a scanner on USB does: a key every 2 ms, then Enter. */
export async function gun(page, text) {
  const keys = page.cdp ??= await page.context().newCDPSession(page)
  const began = Date.now() / 1000 - text.length * 0.002
  const press = (key, n, extra = {}) => {
    const event = { key, timestamp: began + n * 0.002, ...extra }
    return [keys.send('Input.dispatchKeyEvent', { type: 'keyDown', text: key, ...event }), keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...event })]
  }
  const enter = { code: 'Enter', windowsVirtualKeyCode: 13, text: '\r' }
  await Promise.all([...[...text].flatMap((key, n) => press(key, n)), ...press('Enter', text.length, enter)])
}

/** verdict waits for an answer and asserts which: valid, not_valid or cannot_tell, and why. */
export async function verdict(page, kind, reason = '') {
  const names = [w.verdict.valid, w.verdict.not_valid, w.verdict.cannot_tell].map(escaped).join('|')
  const heading = page.getByRole('heading', { level: 1, name: new RegExp(`^(${names})$`) })
  await heading.waitFor()
  const why = kind === 'valid' ? '' : await page.locator('main.verdict').innerText()
  assert.equal((await heading.innerText()).replace(/\s+/g, ' ').trim(), w.verdict[kind], why)
  if (reason) assert.ok(why.replace(/\s+/g, ' ').includes(reasons[reason].split('. ')[0]), `${reason}: ${why}`)
}

export const again = (page) => page.getByRole('button', { name: w.verdict.again }).click()

/** bill chooses a promo after a verdict and types the bill. */
export async function bill(page, promo, gross, { number = '', idCheck = false } = {}) {
  await page.getByRole('radio', { name: promo.title }).and(page.locator(':enabled')).waitFor({ state: 'attached' })
  await page.getByRole('group', { name: w.verdict.offers }).getByText(promo.title, { exact: true }).click()
  await page.getByRole('button', { name: w.verdict.next }).click()
  await page.getByRole('heading', { name: promo.title }).waitFor()
  for (const digit of String(gross)) await page.getByRole('group', { name: w.bill.keys }).getByRole('button', { name: digit, exact: true }).click()
  if (number) {
    await page.getByRole('button', { name: w.bill.receipt }).click()
    await page.getByRole('textbox', { name: w.bill.receipt }).fill(number)
  }
  if (idCheck) await page.getByRole('checkbox', { name: pattern(w.bill.id_check) }).check()
}

export const confirm = (page) => page.getByRole('button', { name: w.bill.confirm }).click()
export const receipt = (page, state) => page.getByRole('heading', { level: 1, name: more.receipt[state], exact: true }).waitFor()
export const next = (page) => page.getByRole('button', { name: more.receipt.next, exact: true }).click()

/** redeem goes from a scanned text to the receipt. */
export async function redeem(page, text, promo, gross, { number, state = 'recorded', idCheck } = {}) {
  await gun(page, text)
  await verdict(page, 'valid')
  await bill(page, promo, gross, { number, idCheck })
  await confirm(page)
  await receipt(page, state)
}

/**
 * unsent waits until so many records are shown as not sent yet. That there are
 * none is asked of the store too: a page that has just begun shows nothing yet.
 */
export async function unsent(page, n) {
  if (n) return page.getByRole('button', { name: fill(w.strip.unsent, { n }) }).first().waitFor()
  await until('the queue to be empty', async () => (await stored(page, 'queue')).length === 0)
  await page.getByRole('button', { name: pattern(w.strip.unsent) }).first().waitFor({ state: 'detached' })
}

export const tab = (page, name) => page.getByRole('navigation', { name: w.tabs.nav }).getByRole('link', { name: w.tabs[name], exact: true }).click()

/** stored reads a store of the app's database. */
export const stored = (page, store) =>
  page.evaluate((name) => new Promise((done, fail) => {
    const open = indexedDB.open('berlaku-kasir')
    open.onerror = () => fail(open.error)
    open.onsuccess = () => {
      const all = open.result.transaction(name).objectStore(name).getAll()
      all.onsuccess = () => {
        open.result.close()
        done(JSON.parse(JSON.stringify(all.result)))
      }
    }
  }), store)
