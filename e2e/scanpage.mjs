// A page with nothing but the till's scanner on it, under the till's policy.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = new URL('../web/', import.meta.url)
const scan = fileURLToPath(new URL('kasir/scan/', web))

const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; " +
  "connect-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'none'"
const media = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

const html = `<!doctype html><html lang="id"><meta charset="utf-8"><title>scan</title>
<video id="video" width="320" muted playsinline></video>
<input id="plain"><input id="gun" inputmode="none"><button id="button">x</button>
<script type="module" src="./main.js"></script></html>`

// decoders are both without a worker, to be measured where CPU throttling reaches them.
const main = `
import { listenKeyboardScanner, startScanner } from ${JSON.stringify(scan)}
window.hits = []
window.typed = []
window.pressed = 0
document.getElementById('button').onclick = () => window.pressed++
window.start = async (options = {}) => {
  const video = document.getElementById('video')
  try {
    window.scanner = await startScanner(video, (text, hit) => { window.hits.push({ text, at: performance.now(), ...hit }) }, { torch: false, ...options })
    return ''
  } catch (fault) {
    return fault.code
  }
}
listenKeyboardScanner((text) => window.typed.push(text))
window.decoders = async () => ({ small: await import(${JSON.stringify(scan + 'small.ts')}), strong: await import(${JSON.stringify(scan + 'strong.ts')}) })
window.ready = true
`

/** scanPage builds and serves it; resolves to {url, port, withhold, stop}. */
export async function scanPage() {
  const { build } = await import(new URL('node_modules/vite/dist/node/index.js', web))
  const dir = mkdtempSync(join(tmpdir(), 'berlaku-scan-'))
  writeFileSync(join(dir, 'index.html'), html)
  writeFileSync(join(dir, 'main.js'), main)
  await build({
    root: dir, configFile: false, envDir: false, publicDir: false, logLevel: 'error', worker: { format: 'es' },
    build: { target: 'chrome87', modulePreload: { polyfill: false }, assetsInlineLimit: 0, reportCompressedSize: false },
  })
  let withheld = ''
  const server = http.createServer((req, res) => {
    const path = new URL(req.url, 'http://x').pathname
    if (withheld && path.endsWith(withheld)) return res.writeHead(503).end()
    try {
      const body = readFileSync(join(dir, 'dist', path === '/' ? 'index.html' : path))
      res.writeHead(200, { 'content-type': media[extname(path) || '.html'] ?? 'application/octet-stream', 'content-security-policy': policy }).end(body)
    } catch {
      res.writeHead(404).end()
    }
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    port: server.address().port,
    /** withhold answers with an error for files of that ending. */
    withhold: (ending) => void (withheld = ending),
    async stop() {
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
