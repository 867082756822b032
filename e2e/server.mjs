// Starts the built program with a demo world of its own on a free port.
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const binary = process.env.BERLAKU_BIN ?? fileURLToPath(new URL('../bin/berlaku', import.meta.url))

async function freePort() {
  const s = createServer()
  await new Promise((done) => s.listen(0, '127.0.0.1', done))
  const { port } = s.address()
  await new Promise((done) => s.close(done))
  return port
}

/**
 * demo resolves to {url, dir, world, log, stop, end, start} once the server is
 * ready: end ends the process by a signal, start begins it again on the same
 * folder and port; dir is the folder of the world, log() what it has written.
 * name is what browsers call the machine; passkeys need one that is no number.
 */
export async function demo({ limits = false, name = '127.0.0.1' } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'berlaku-e2e-'))
  const port = await freePort()
  const url = `http://${name}:${port}`
  const server = program(['demo', '--dir', join(dir, 'world'), '--addr', `127.0.0.1:${port}`, '--private-addr', 'off'], url, {
    BERLAKU_RATE_LIMITS: limits ? 'on' : 'off', ...(name !== '127.0.0.1' && { BERLAKU_PUBLIC_URL: url }),
  })
  await server.start()
  return {
    url,
    dir: join(dir, 'world'),
    ...server,
    world: JSON.parse(await readFile(join(dir, 'world', 'demo.json'))),
    async stop() {
      await server.end()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** fresh resolves to {url, dir, log, stop, end, start, first}: a server on an empty folder; first is the link that it printed for the first account. */
export async function fresh() {
  const dir = await mkdtemp(join(tmpdir(), 'berlaku-e2e-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const server = program(['serve', '--data-dir', join(dir, 'data'), '--addr', `127.0.0.1:${port}`, '--private-addr', 'off', '--allow-root'], url, { BERLAKU_RATE_LIMITS: 'off' })
  await server.start()
  return {
    url,
    dir: join(dir, 'data'),
    ...server,
    first: server.log().match(/http\S+\/konsol\/mulai\?kode=\S+/)?.[0],
    async stop() {
      await server.end()
      await rm(dir, { recursive: true, force: true })
    },
  }
}

/** program runs the binary with its output kept. */
function program(args, url, env) {
  let child
  let all = ''
  async function start() {
    const process_ = spawn(binary, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
    child = process_
    for (const out of [process_.stdout, process_.stderr]) out.on('data', (b) => (all += b))
    const gone = new Promise((_, no) => process_.on('exit', (code) => no(new Error(`the server ended with ${code}: ${all.slice(-4000)}`))))
    gone.catch(() => {})
    await Promise.race([ready(url), gone])
  }
  async function end(signal = 'SIGTERM') {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await ended
  }
  return { start, end, log: () => all }
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
export async function call(url, method, path, { key, body, idempotency, headers = {} } = {}) {
  const all = { ...headers }
  if (key) all.authorization = `Bearer ${key}`
  if (body !== undefined) all['content-type'] = 'application/json'
  if (idempotency) all['idempotency-key'] = idempotency
  const r = await fetch(url + path, { method, headers: all, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await r.text()
  return { status: r.status, headers: r.headers, body: text ? JSON.parse(text) : null }
}

/** signIn returns the bearer of a demo account of that role (and scope). */
export async function signIn({ url, world }, role, scope = {}) {
  const fits = (a) => a.role === role && Object.entries(scope).every(([k, v]) => a.scope[k] === v)
  const { email, password } = world.accounts.find(fits)
  const { status, body } = await call(url, 'POST', '/v1/sessions', { body: { email, password } })
  if (status !== 201) throw new Error(`${role} cannot sign in: ${status}`)
  return body.token
}
