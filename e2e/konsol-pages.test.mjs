// Every page of the console that can be reached by links, for those who sit at
// it: it answers, loads nothing from outside, does not scroll sideways, and has
// no violation. Links are followed; two pages of each kind are examined.
import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import { desk, examine, launch, pattern } from './konsol.mjs'
import { demo } from './server.mjs'

let server, browser
before(async () => {
  server = await demo()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

// Addresses of files, which are no pages.
const files = /\.(png|svg|txt|json)$|\/(unduh|berkas|lembar|templat|kesalahan)(\/|$)|\/audit\/titik\/./

const examined = new Set() // kinds of pages, over all roles: another role is examined only where it sees something new

for (const [role, least] of [
  ['programme_admin', 25], ['branch_supervisor', 20], ['partner_owner', 8], ['auditor', 8], ['data_protection_officer', 8],
  ['hq_analyst', 5], ['wadah_coordinator', 2], ['branch_viewer', 8], ['system_admin', 2],
]) {
  test(`what ${role} reaches`, async () => {
    const page = await desk(browser, server, role)
    const complaints = []
    page.on('request', (r) => { if (!r.url().startsWith(server.url) && !/^(data|blob):/.test(r.url())) complaints.push(`loads ${r.url()}`) })
    page.on('console', (m) => { if (m.type() === 'error') complaints.push(`${pattern(page.url())}: ${m.text()}`) })
    page.on('pageerror', (e) => complaints.push(`${pattern(page.url())}: ${e.message}`))
    const waiting = [`${server.url}/konsol`]
    const seen = new Map()
    while (waiting.length) {
      const url = waiting.shift()
      const kind = pattern(url)
      if ((seen.get(kind) ?? 0) >= 2) continue
      seen.set(kind, (seen.get(kind) ?? 0) + 1)
      await page.setViewportSize({ width: 1280, height: 900 })
      const answer = await page.goto(url).catch((fault) => ({ status: () => fault.message.split('\n')[0] }))
      if (answer.status() !== 200) complaints.push(`${kind}: ${answer.status()}`)
      if (!(await page.locator('h1').count())) complaints.push(`${kind}: no heading`)
      if (!examined.has(kind)) {
        examined.add(kind)
        complaints.push(...(await examine(page, `${role}${kind}`, { schemes: ['light', 'dark'] })))
      }
      const links = await page.locator('a[href]:not([download])').evaluateAll((all) => all.map((a) => a.href))
      for (const link of links) {
        const { origin, pathname, searchParams } = new URL(link)
        if (origin !== server.url || !/^\/konsol(\/|$)/.test(pathname)) continue
        if (files.test(pathname) || searchParams.has('format')) continue
        waiting.push(link.split('#')[0])
      }
    }
    assert.deepEqual(complaints, [])
    assert.ok(seen.size >= least, `only ${seen.size} kinds of pages: ${[...seen.keys()].join(' ')}`)
    await page.context().close()
  })
}
