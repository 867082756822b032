// The pages in a real browser: nothing from outside, no violation, no sideways scroll.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import test, { after, before } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'
import { demo } from './server.mjs'

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
]
const shots = process.env.SCREENSHOTS // a folder, to look at the pages

let server
let browser
before(async () => {
  server = await demo()
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: flags })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

for (const path of ['/', '/?lang=en', '/docs']) {
  for (const width of [320, 360, 1280]) {
    test(`${path} at ${width} px`, async () => {
      const context = await browser.newContext({ viewport: { width, height: 800 } })
      const page = await context.newPage()
      const outside = []
      const complaints = []
      page.on('request', (r) => { if (!r.url().startsWith(server.url) && !r.url().startsWith('data:')) outside.push(r.url()) })
      page.on('console', (m) => { if (m.type() === 'error') complaints.push(m.text()) })
      const answer = await page.goto(server.url + path)
      assert.equal(answer.status(), 200)
      assert.deepEqual(outside, [])
      assert.deepEqual(complaints, [])
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false, 'scrolls sideways')
      if (path !== '/docs' || width === 1280) { // 16,000 nodes: the same ones at every width
        const { violations } = await new AxeBuilder({ page }).analyze()
        assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [])
      }
      if (shots) {
        mkdirSync(shots, { recursive: true })
        await page.screenshot({ path: `${shots}/${path.replace(/\W+/g, '_')}-${width}.png`, fullPage: path !== '/docs' })
      }
      await context.close()
    })
  }
}
