// What is examined of every screen of an app: no violation of WCAG 2.2 A and
// AA, nothing to scroll sideways, light and dark. SCREENSHOTS=folder keeps
// pictures, to look at.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { Browser, explained } from './kasir.mjs'

const shots = process.env.SCREENSHOTS
const sizes = [[320, 'light'], [320, 'dark'], [360, 'light'], [360, 'dark'], [1280, 'light'], [1280, 'dark']]
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']
if (shots) mkdirSync(shots, { recursive: true })

const faults = []
/** looked is how many screens were examined so far. */
export let looked = 0

/** violations are those of every rule; in the dark, where nothing but colours differs, of the rules about colours. */
export async function violations(page, scheme) {
  const axe = new AxeBuilder({ page })
  const ruled = scheme === 'dark' ? axe.withRules(['color-contrast', 'link-in-text-block']) : axe.withTags(tags)
  return (await ruled.setLegacyMode().analyze()).violations
}

/** look examines the screen that is shown now; what is wrong is collected. */
export async function look(page, name) {
  looked++
  for (const [width, colorScheme] of sizes) {
    const examined = width === 320
    if (!examined && colorScheme === 'dark' && !shots) continue
    await page.setViewportSize({ width, height: width > 800 ? 800 : 740 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) faults.push(`${name}: ${wide} px too wide at ${width}`)
    if (examined) {
      for (const v of await violations(page, colorScheme)) faults.push(`${name}, ${colorScheme}: ${v.id}: ${v.nodes.map((n) => n.html).join('\n  ')}`)
    }
    if (shots) await page.screenshot({ path: join(shots, `${name}-${width}-${colorScheme}.png`) })
  }
  await page.setViewportSize({ width: 360, height: 740 })
}

/** on runs work in a browser of its own; what was found wrong fails the test. */
export async function on(options, work) {
  const browser = new Browser()
  faults.length = 0
  try {
    const page = await browser.open(options)
    await explained(page, () => work(page))
  } finally {
    await browser.close()
  }
  assert.deepEqual(faults, [])
}
