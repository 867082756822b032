// Ten cards on paper: asked for at the office, drawn as a PDF, read off the
// paper, accepted at a till, and opened by an ordinary camera.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { launch, zbar } from './camera.mjs'
import { until } from './kasir.mjs'
import { Office } from './office.mjs'
import { gozxing, paper, render } from './picture.mjs'
import { demo } from './server.mjs'

let server, office, texts
before(async () => {
  server = await demo()
  office = await Office.of(server)
})
after(() => server?.stop())

/** sheet asks for printed cards of people and returns the finished run. */
async function sheet(ids) {
  const { id } = await office.ask('POST', '/v1/card-runs', { kind: 'sheet', participant_ids: ids })
  return until('the run to end', async () => {
    const run = await office.ask('GET', `/v1/card-runs/${id}`)
    return run.state !== 'running' && run
  })
}

/** cards cuts a sheet along its marks and reads the ten cards, as a till does one after the other. */
function cards(pdf) {
  const [width, height, gap] = [85.6, 53.98, 4]
  const [left, top] = [(210 - 2 * width - gap) / 2, (297 - 5 * height - 4 * gap) / 2]
  const texts = []
  for (let n = 0; n < 10; n++) {
    const at = { x: left + (n % 2) * (width + gap), y: top + (n >> 1) * (height + gap), width, height }
    texts.push(...zbar(render(pdf, at)))
  }
  return texts
}

test('ten cards on A4: every one is read off the paper and valid at a till', async () => {
  const ids = server.world.activations.splice(0, 10).map((a) => a.participant_id)
  const run = await sheet(ids)
  assert.deepEqual([run.state, run.total, run.done, run.failed, run.sheets], ['done', 10, 10, 0, 1])
  const answer = await fetch(`${office.url}/v1/card-runs/${run.id}/sheets/1`, { headers: { authorization: `Bearer ${office.officer}` } })
  assert.equal(answer.status, 200)
  assert.equal(answer.headers.get('content-type'), 'application/pdf')
  const pdf = Buffer.from(await answer.arrayBuffer())
  assert.deepEqual(paper(pdf), { pages: 1, width: 210, height: 297 })

  texts = cards(pdf)
  assert.equal(new Set(texts).size, 10)
  for (const text of texts) {
    const card = await office.good(text)
    assert.deepEqual([card.form, card.needs_id_check], ['printed', true])
    assert.ok(text.includes(card.masked_name.replaceAll(' ', '-')))
  }

  const again = await sheet(ids) // who has a card keeps it
  const copy = await fetch(`${office.url}/v1/card-runs/${again.id}/sheets/1`, { headers: { authorization: `Bearer ${office.officer}` } })
  assert.deepEqual(cards(Buffer.from(await copy.arrayBuffer())).sort(), texts.toSorted())
})

test('one card on paper of its own size, by the other decoder', async () => {
  const card = server.world.cards.find((c) => c.expect === 'valid')
  const answer = await fetch(`${office.url}/v1/cards/${card.card_id}/card.pdf`, { headers: { authorization: `Bearer ${office.officer}` } })
  assert.equal(answer.status, 200)
  const pdf = Buffer.from(await answer.arrayBuffer())
  assert.deepEqual(paper(pdf), { pages: 1, width: 85.6, height: 54 })
  const symbol = { x: 43.6, y: 12.49, width: 40, height: 40 } // alone: among text the other decoder now and then misses one
  assert.equal(gozxing(render(pdf, symbol)).text, card.text)
})

test('an ordinary camera opens a page that knows nobody, and tells nobody', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'berlaku-camera-'))
  const context = await launch({ dir })
  try {
    const page = context.pages()[0]
    const asked = []
    const complaints = []
    page.on('request', (r) => asked.push(r))
    page.on('console', (m) => m.type() === 'error' && complaints.push(m.text()))
    const bodies = []
    for (const text of [texts[0], texts[1], `${office.url}/1/anything`]) {
      const path = text.slice(text.indexOf('/1/'))
      const answer = await page.goto(office.url + path)
      assert.equal(answer.status(), 200)
      assert.equal(answer.headers()['cache-control'], 'no-store')
      assert.equal(answer.headers()['referrer-policy'], 'no-referrer')
      bodies.push(await answer.text())
      const [, , , name, signature] = path.slice(3).split('.')
      for (const part of [name, name?.replaceAll('-', ' '), signature, path.slice(3)]) if (part) assert.ok(!bodies.at(-1).includes(part), part)
      assert.equal(await page.locator('input, form').count(), 0)
    }
    assert.equal(bodies[0], bodies[1])
    assert.equal(bodies[0], bodies[2], 'the same page whatever the code holds')
    for (const r of asked) {
      assert.ok(r.url().startsWith(office.url + '/'), r.url())
      assert.ok(!(await r.allHeaders()).referer)
    }
    assert.deepEqual(complaints, [])
    const { violations } = await new AxeBuilder({ page }).analyze()
    assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes[0].html}`), [])
    await page.setViewportSize({ width: 320, height: 640 })
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), false)
    const signatures = texts.slice(0, 2).map((text) => text.split('.').at(-1))
    for (const part of signatures) assert.ok(!server.log().includes(part), 'a card in the log')
  } finally {
    await context.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
