// The console in a real browser: who sits at the desk, and what is examined of
// every page.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { violations } from './look.mjs'
import { call } from './server.mjs'

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
]
const shots = process.env.SCREENSHOTS
if (shots) mkdirSync(shots, { recursive: true })

/** launch starts a browser for desks. */
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
/** totp returns the six digits (RFC 6238, SHA-1, 30 s) of a secret in base32. */
export function totp(secret, at = Date.now()) {
  const bits = [...secret.replace(/[\s=]/g, '').toUpperCase()].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)))
  const step = Buffer.alloc(8)
  step.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
  const mac = createHmac('sha1', key).update(step).digest()
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** accountOf returns the demo account of a role (and scope). */
export const accountOf = ({ world }, role, scope = {}) =>
  world.accounts.find((a) => a.role === role && Object.entries(scope).every(([k, v]) => a.scope[k] === v))

// Signing in again and again would use a code of an authenticator twice: one session for each account.
const sessions = new Map()

async function session(server, account) {
  if (!sessions.has(account.email)) {
    const { email, password, totp_secret: secret } = account
    const { status, body } = await call(server.url, 'POST', '/v1/sessions', { body: { email, password, ...(secret && { totp: totp(secret) }) } })
    assert.equal(status, 201, `${account.role} cannot sign in: ${body?.code}`)
    sessions.set(email, body.token)
  }
  return sessions.get(account.email)
}

/** desk opens a page at which somebody of that role is signed in; options are those of a browser context. */
export async function desk(browser, server, role, { scope = {}, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', ...options })
  context.setDefaultTimeout(20_000)
  const account = accountOf(server, role, scope)
  assert.ok(account, `no account of ${role} in the world`)
  await context.addCookies([{ name: 'berlaku', value: await session(server, account), url: server.url, httpOnly: true, sameSite: 'Lax' }])
  return context.newPage()
}

/** pattern is the path of an address with ids and numbers of days left out. */
export const pattern = (url) => new URL(url).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ':id').replace(/\/\d{4}-\d{2}(-\d{2})?(?=\/|$)/g, '/:day').replace(/\/\d+(?=\/|$)/g, '/:n')

/** examine returns what is wrong with the page that is shown: too wide, violations of WCAG 2.2 A and AA. */
export async function examine(page, name, { schemes = ['light'] } = {}) {
  const faults = []
  for (const width of [1280, 320, 360]) {
    await page.setViewportSize({ width, height: 900 })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) faults.push(`${name}: ${wide} px too wide at ${width}`)
    if (shots && width !== 320) await page.screenshot({ path: join(shots, `${name.replace(/[^\w-]+/g, '_')}-${width}.png`), fullPage: true })
  }
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    for (const v of await violations(page, colorScheme)) faults.push(`${name}, ${colorScheme}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html).join('\n  ')}`)
  }
  return faults
}
