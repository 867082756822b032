// Starts the built program with a demo world of its own on a free port.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const binary = fileURLToPath(new URL('../bin/berlaku', import.meta.url))

async function freePort() {
  const s = createServer()
  await new Promise((done) => s.listen(0, '127.0.0.1', done))
  const { port } = s.address()
  await new Promise((done) => s.close(done))
  return port
}

/** demo resolves to {url, world, stop} once the server is ready. */
export async function demo() {
  const dir = await mkdtemp(join(tmpdir(), 'berlaku-e2e-'))
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(binary, ['demo', '--dir', join(dir, 'world'), '--addr', url.slice('http://'.length), '--private-addr', 'off'], {
    env: { ...process.env, BERLAKU_RATE_LIMITS: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let log = ''
  child.stderr.on('data', (b) => (log = (log + b).slice(-4000)))
  const gone = new Promise((_, no) => child.on('exit', (code) => no(new Error(`the server ended with ${code}: ${log}`))))
  gone.catch(() => {})
  await Promise.race([ready(url), gone])
  return {
    url,
    world: JSON.parse(await readFile(join(dir, 'world', 'demo.json'))),
    async stop() {
      const ended = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await ended
      await rm(dir, { recursive: true, force: true })
    },
  }
}

async function ready(url) {
  for (let tries = 0; tries < 1200; tries++) {
    try {
      if ((await fetch(url + '/readyz')).status === 200) return
    } catch {
      // not listening yet
    }
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error('the server did not become ready in 120 s')
}

/** call sends JSON and returns {status, body, headers}. */
export async function call(url, method, path, { key, body, idempotency } = {}) {
  const headers = {}
  if (key) headers.authorization = `Bearer ${key}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  if (idempotency) headers['idempotency-key'] = idempotency
  const r = await fetch(url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await r.text()
  return { status: r.status, headers: r.headers, body: text ? JSON.parse(text) : null }
}
