// The till's browser killed at every step of scan, queue, send and answer, the
// server killed too, replies cut, two tabs at once: each confirmed use is one row.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import test, { after, before } from 'node:test'
import { bill, Browser, confirm, explained, gun, more, next, pattern, ready, receipt, redeem, settled, Shop, stored, tab, unsent, until, verdict, w } from './kasir.mjs'
import { proxy } from './kasir-proxy.mjs'
import { demo } from './server.mjs'

let server, shop, net, page
const phone = new Browser()
let [kills, confirmed] = [0, 0]

before(async () => {
  server = await demo()
  shop = await Shop.of(server)
  net = await proxy(server.url)
  page = await phone.open()
  await explained(page, () => shop.join(page, { at: net.url }))
})
after(async () => {
  await phone.close()
  await net?.stop()
  await server?.stop()
})

const number = () => 'N' + randomUUID().slice(0, 8).toUpperCase()
const offline = () => net.down(true)
const use = async (n, state = 'recorded') => {
  await redeem(page, (await shop.phone()).show(), shop.promo.free, 30_000, { number: n, state })
  confirmed++
}
/** typed goes as far as the bill. */
async function typed(n) {
  await gun(page, (await shop.phone()).show())
  await verdict(page, 'valid')
  await bill(page, shop.promo.free, 30_000, { number: n })
}
const takeBack = async () => {
  await page.getByRole('button', { name: more.receipt.undo }).click()
  await page.getByRole('dialog').getByRole('button', { name: more.receipt.why_amount }).click()
}
/** send has the queue sent by hand, through a network that is there again, unless the app was faster and has got there. */
async function send(there = new Promise(() => {})) {
  net.down(false)
  await page.goto(`${net.url}/kasir/#/hari-ini`)
  const sent = page.getByText(pattern(w.strip.unsent)).first().waitFor({ state: 'detached' })
  await Promise.race([page.getByRole('button', { name: more.today.send }).click(), there, sent].map((p) => p.catch((fault) => fault.name === 'TimeoutError' || Promise.reject(fault))))
}

/** scanner opens the till where it is ready to scan: keys that come before that are lost. */
async function scanner() {
  await page.goto(`${net.url}/kasir/`)
  await ready(page)
}

/** begin opens the app as somebody who found the phone dark. */
async function begin() {
  page = await phone.open()
  await scanner()
}

async function killed() {
  await phone.kill()
  kills++
}

/** final waits until nothing is open any more, and compares the till's rows with the server's. */
async function final(numbers) {
  await until('everything to be sent', async () => {
    const [uses, queue] = [await stored(page, 'uses'), await stored(page, 'queue')]
    return queue.length === 0 && uses.every((u) => !['asking', 'queued', 'unsure'].includes(u.state))
  }, 60_000)
  const uses = await stored(page, 'uses')
  for (const [n, confirmed] of Object.entries(numbers)) {
    const held = uses.filter((u) => u.receiptNumber === n)
    assert.ok(held.length <= 1)
    const rows = await shop.rows(n)
    assert.equal(rows.length, held.length, `${n}: ${rows.length} rows, ${held.length} on the till`)
    if (confirmed) assert.equal(rows.length, 1, `${n} was confirmed`)
    for (const [i, row] of rows.entries()) assert.equal(row.outcome, held[i].state === 'refused' ? 'refused' : 'granted')
  }
}

/**
 * step leads to a moment, kills the browser there, and begins again. work gets
 * a receipt number and returns whether its use was confirmed on the screen.
 */
const step = (name, work) => test(`killed ${name}`, async () => {
  const n = number()
  let told
  try {
    told = await explained(page, () => work(n))
  } finally {
    await killed()
    net.forget()
    net.down(false)
    await begin()
  }
  await explained(page, () => final({ [n]: told === true }))
})

step('after the verdict', async () => {
  await gun(page, (await shop.phone()).show())
  await verdict(page, 'valid')
})

step('with the bill typed', typed)

for (const [where, when] of [['request', 'before the server saw the use'], ['sent', 'while the server writes the use'], ['answer', 'after the commit, before the reply'], ['half', 'in the middle of the reply']]) {
  step(when, async (n) => {
    await typed(n)
    const there = net.trap('POST /v1/redemptions', where)
    await confirm(page)
    await there
    assert.equal((await stored(page, 'uses')).filter((u) => u.receiptNumber === n).length, 1, 'stored before it is sent')
  })
}

step('with the receipt on the screen', async (n) => {
  await use(n)
  return true
})

step('at the moment of the tap, without a network', async (n) => {
  offline()
  await typed(n)
  await confirm(page)
})

step('with the use in the queue', async (n) => {
  offline()
  await use(n, 'queued')
  return true
})

step('with the day\'s list open and a use in the queue', async (n) => {
  offline()
  await use(n, 'queued')
  await next(page)
  await tab(page, 'today')
  await page.getByRole('link', { name: new RegExp(n) }).waitFor()
  return true
})

for (const [where, when] of [['request', 'before the server saw the batch'], ['sent', 'while the server writes the batch'], ['answer', 'after the batch was written, before the reply'], ['half', 'in the middle of the batch\'s reply']]) {
  step(when, async (n) => {
    offline()
    await use(n, 'queued')
    const there = net.trap('POST /v1/redemptions/batch', where)
    await send(there)
    await there
    return true
  })
}

step('when the last one has left the queue', async (n) => {
  offline()
  await use(n, 'queued')
  await send()
  await unsent(page, 0)
  return true
})

step('after a use in the queue was taken back', async (n) => {
  offline()
  await use(n, 'queued')
  await takeBack()
  await receipt(page, 'voided')
  return true
})

step('while a use is taken back online', async (n) => {
  await use(n)
  const { id } = await shop.one(n)
  const there = net.trap(`POST /v1/redemptions/${id}/void`, 'answer')
  await takeBack()
  await there
  return true
})

test('killed three times while it starts with a queue', async () => {
  const n = number()
  offline()
  await explained(page, () => use(n, 'queued'))
  await killed()
  for (const [line, where] of [['POST /v1/redemptions/batch', 'request'], ['POST /v1/tills/token', 'answer'], ['GET /v1/till/bundle', 'half']]) {
    net.down(false)
    const there = net.trap(line, where)
    page = await phone.open()
    await page.goto(`${net.url}/kasir/`)
    await there
    await killed()
    net.forget()
  }
  await begin()
  await explained(page, () => final({ [n]: true }))
})

test('the reply to a use is cut after the commit', async () => {
  const n = number()
  await explained(page, async () => {
    await typed(n)
    const there = net.trap('POST /v1/redemptions', 'answer')
    await confirm(page)
    const { free, status } = await there
    assert.equal(status, 201)
    offline() // nothing more comes through for a while
    free()
    await receipt(page, 'queued')
    confirmed++
    await shop.one(n)
    await send()
    await final({ [n]: true })
    assert.equal((await shop.one(n)).online, true)
  })
})

test('the reply to a batch is cut after the commit, and the batch sent again', async () => {
  const [a, b] = [number(), number()]
  await explained(page, async () => {
    await scanner()
    offline()
    await use(a, 'queued')
    await next(page)
    await use(b, 'queued')
    const there = net.trap('POST /v1/redemptions/batch', 'half')
    await send(there)
    ;(await there).free()
    await page.reload()
    await final({ [a]: true, [b]: true })
  })
})

test('the server is killed between commit and reply, and while it writes', async () => {
  const [a, b] = [number(), number()]
  await explained(page, async () => {
    await scanner()
    await typed(a)
    const committed = net.trap('POST /v1/redemptions', 'answer')
    await confirm(page)
    const { free } = await committed
    await server.end('SIGKILL')
    kills++
    free()
    await receipt(page, 'queued')
    confirmed++
    await next(page)
    await server.start()
    await page.reload()
    await final({ [a]: true })

    offline()
    await use(b, 'queued')
    const writing = net.trap('POST /v1/redemptions/batch', 'sent')
    await send(writing)
    const { free: cut } = await writing
    await server.end('SIGKILL')
    kills++
    cut()
    await server.start()
    await page.reload()
    await final({ [b]: true })
  })
})

test('browser and server are killed together', async () => {
  const n = number()
  await explained(page, async () => {
    await scanner()
    offline()
    await use(n, 'queued')
    const there = net.trap('POST /v1/redemptions/batch', 'answer')
    await send(there)
    await there
  })
  await Promise.all([killed(), server.end('SIGKILL')])
  kills++
  await server.start()
  await begin()
  await explained(page, () => final({ [n]: true }))
})

test('two tabs go online at once', async () => {
  const numbers = Array.from({ length: 4 }, number)
  await explained(page, async () => {
    offline()
    const other = await phone.context.newPage()
    await other.goto(`${net.url}/kasir/`)
    await ready(other)
    for (const [i, n] of numbers.entries()) { // by turns, so that both write the chain
      const tab = [page, other][i % 2]
      await tab.bringToFront()
      await redeem(tab, (await shop.phone()).show(), shop.promo.free, 30_000, { number: n, state: 'queued' })
      confirmed++
      await next(tab)
    }
    for (const tab of [page, other]) await unsent(tab, 4)
    net.busiest = 0
    net.down(false)
    await Promise.all([page, other].map((tab) => tab.evaluate(() => void dispatchEvent(new Event('online')))))
    for (const tab of [page, other]) await unsent(tab, 0)
    await final(Object.fromEntries(numbers.map((n) => [n, true])))
    assert.equal(net.busiest, 1, 'tabs take turns')
    await other.close()
  })
})

test('after all that the chain has no gap, cut or fork, and rows and confirmations agree', async () => {
  const n = number()
  await explained(page, async () => {
    await settled(page)
    offline()
    await use(n, 'queued')
    await send()
    await final({ [n]: true })
  })
  const { highest, next: following, ...wrong } = net.chain
  assert.deepEqual(wrong, { missing: [], broken: [], forked: [] })
  assert.equal(following, highest + 1)
  const uses = await stored(page, 'uses')
  const rows = (await shop.ask('GET', '/v1/redemptions?limit=200')).items.filter((r) => uses.some((u) => u.receiptNumber === r.receipt_number))
  assert.equal(rows.length, uses.length)
  assert.ok(kills >= 12)
  console.log(`kills: ${kills}, uses confirmed on the screen: ${confirmed}, uses on the till: ${uses.length}, rows on the server: ${rows.length}, links of the chain: ${highest}`)
})
