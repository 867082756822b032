// The till's service worker over the built app: whole and unaltered or not at
// all, there without a network, never in the way of a page that is open.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import test, { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { launch } from './camera.mjs'

const dist = fileURLToPath(new URL('../web/dist', import.meta.url))
const media = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.webmanifest': 'application/manifest+json', '.svg': 'image/svg+xml', '.png': 'image/png' }
const sum = (bytes) => createHash('sha256').update(bytes).digest('base64url')

/** build is the built app as a map of paths; edit makes another build of it. */
function build(edit = (files) => files) {
  const files = new Map()
  for (const f of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (f.isFile() && extname(f.name) !== '.br') files.set(join(f.parentPath, f.name).slice(dist.length), readFileSync(join(f.parentPath, f.name)))
  }
  // What only another app keeps is not of this one.
  const [own, other] = ['kasir', 'kartu'].map((app) => files.get(`/${app}/sw.js`).toString())
  for (const path of files.keys()) if (path.startsWith('/kartu/') || (other.includes(path) && !own.includes(path))) files.delete(path)
  return edit(files)
}

/** second is a later build: another page, and one part of the app under another name. */
function second(files) {
  const page = '/kasir/index.html'
  const was = sum(files.get(page))
  files.set(page, Buffer.from(files.get(page).toString().replace('<html', '<html data-build="2"')))
  const worker = files.get('/kasir/sw.js').toString()
  const part = [...files.keys()].find((path) => /\/more-/.test(path) && worker.includes(path))
  const moved = part.replace(/-[\w-]{8}\.js$/, '-AAAAAAAA.js')
  files.set(moved, files.get(part))
  files.delete(part)
  files.set('/kasir/sw.js', Buffer.from(worker.replaceAll(was, sum(files.get(page))).replaceAll(part, moved).replaceAll(/-[0-9a-f]{16}\b/g, '-0000000000000002')))
  assert.notEqual(files.get('/kasir/sw.js').toString(), worker)
  return { files, part, moved }
}

let dir
let site
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'berlaku-worker-'))
  site = await serve(build())
})
after(async () => {
  await site?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true, maxRetries: 5 })
})

/** serve answers with the files; what it does instead is for the tests to say. */
async function serve(first) {
  const s = { files: first, asked: [], instead: null }
  const server = http.createServer((req, res) => {
    const path = new URL(req.url, 'http://x').pathname
    s.asked.push(path)
    if (s.instead?.(path, res)) return
    const body = s.files.get(path === '/kasir/' ? '/kasir/index.html' : path)
    const caching = path.startsWith('/assets/app/') ? 'public, max-age=31536000, immutable' : 'no-cache'
    if (body) res.writeHead(200, { 'content-type': media[extname(path)] ?? 'text/html', 'cache-control': caching }).end(body)
    else res.writeHead(path.startsWith('/v1') || path.startsWith('/s/') ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return Object.assign(s, {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((done) => {
      server.closeAllConnections()
      server.close(done)
    }),
  })
}

async function open(t) {
  Object.assign(site, { files: build(), instead: null, asked: [] })
  const context = await launch({ dir: mkdtempSync(join(dir, 'phone-')) })
  t.after(() => context.close())
  return { context, page: context.pages()[0] }
}

async function until(page, condition, what) {
  for (const end = Date.now() + 20_000; ; ) {
    const got = await page.evaluate(condition)
    if (got) return got
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((done) => setTimeout(done, 50))
  }
}

const installed = (page) => until(page, () => navigator.serviceWorker.controller?.state === 'activated', 'the worker')
const kept = (page) => page.evaluate(async () => {
  const out = {}
  for (const name of await caches.keys()) out[name] = (await (await caches.open(name)).keys()).map((r) => new URL(r.url).pathname).sort()
  return out
})
const keptStrong = (page) => until(page, async () => (await (await caches.open('kasir-strong')).keys()).length === 2, 'the strong decoder')

test('after the first visit the app opens without a network, with both decoders', async (t) => {
  const { page } = await open(t)
  await page.goto(site.url + '/kasir/')
  await installed(page)
  await keptStrong(page)
  await page.evaluate(() => Promise.all(['/v1/till/bundle', '/s/0', '/kasir/nothing.js'].map((path) => fetch(path))))
  const all = Object.values(await kept(page)).flat()
  const parts = [...site.files.keys()].filter((path) => ['.js', '.css', '.wasm'].includes(extname(path)) && path !== '/kasir/sw.js')
  for (const path of parts) assert.ok(all.includes(path), path)
  assert.deepEqual(all.filter((path) => /^\/(v1|s)\/|\/(nothing|sw)\.js$/.test(path)), [])

  site.instead = (_, res) => res.destroy()
  site.asked = []
  await page.goto(site.url + '/kasir/deep/link?x=1#/setelan')
  assert.ok(await page.title())
  for (const path of parts.filter((path) => path.includes('/assets/'))) assert.equal(await page.evaluate(async (p) => (await fetch(p)).status, path), 200, path)
  const worker = parts.find((path) => path.startsWith('/kasir/decode-'))
  const says = await page.evaluate((path) => new Promise((done) => {
    const w = new Worker(path, { type: 'module' })
    w.onmessage = ({ data }) => done(data)
    w.onerror = () => done('gone')
    w.postMessage({ do: 'strengthen' })
  }), worker)
  assert.deepEqual(says, { strong: true }, 'the decoding worker and the strong decoder, from the phone')
})

test('nothing of a login page or an error is ever kept, and a broken install is made up for', async (t) => {
  const { page } = await open(t)
  const part = [...site.files.keys()].find((path) => /\/flow-/.test(path))
  let portal = true
  site.instead = (path, res) => {
    if (!portal || !(path === part || path.endsWith('.wasm'))) return false
    res.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in to this network</h1>')
    return true
  }
  await page.goto(site.url + '/kasir/')
  await until(page, async () => !(await navigator.serviceWorker.getRegistration('/kasir/')), 'the worker to be given up')
  assert.ok(!Object.values(await kept(page)).flat().includes(part))

  site.instead = (path, res) => path === part && portal && (res.writeHead(500).end(), true)
  await page.reload()
  await until(page, async () => !(await navigator.serviceWorker.getRegistration('/kasir/')), 'the worker to be given up')
  assert.ok(!Object.values(await kept(page)).flat().includes(part))

  portal = false
  await page.reload()
  await installed(page)
  assert.ok(Object.values(await kept(page)).flat().includes(part))
})

test('an update waits until it is wanted; a page that is open keeps its parts; old builds go', async (t) => {
  const { context, page } = await open(t)
  const first = site.files
  await page.goto(site.url + '/kasir/')
  await installed(page)
  await keptStrong(page)
  const next = second(build())
  site.files = next.files
  site.asked = []
  await page.evaluate(async () => {
    window.told = new Promise((done) => navigator.serviceWorker.addEventListener('message', ({ data }) => done(data.type)))
    await (await navigator.serviceWorker.ready).update()
  })
  assert.equal(await page.evaluate(() => window.told), 'update-available')
  assert.deepEqual(site.asked.filter((path) => path.endsWith('.wasm')), [], 'what has not changed is not fetched again')

  const other = await context.newPage()
  // Chromium stops the old worker to let the new one in; a request that starts the old one again
  // at that moment makes it wait for that one's idle time, which under test is five minutes.
  await other.goto(site.url + '/kasir/', { waitUntil: 'networkidle' })
  assert.equal(await other.evaluate(() => document.documentElement.dataset.build), undefined, 'still the build that is in use')

  await other.evaluate(async () => {
    const changed = new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done))
    ;(await navigator.serviceWorker.ready).waiting.postMessage({ type: 'update' })
    await changed
  })
  await other.goto(site.url + '/kasir/')
  assert.equal(await other.evaluate(() => document.documentElement.dataset.build), '2')
  assert.equal(await page.evaluate(async (path) => (await fetch(path)).status, next.part), 200, 'a part of the build before, which the server has no more')
  assert.ok(!site.files.has(next.part) && first.has(next.part))
  const names = Object.keys(await kept(page))
  assert.deepEqual(names.filter((name) => /^kasir-[0-9a-f]{16}$/.test(name)).length, 2)
})
