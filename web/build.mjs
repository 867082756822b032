// Builds the installable apps into dist/: pages and hashed assets by Vite, a
// service worker per app stamped with what it keeps, a Brotli twin beside every
// file. Prints the sizes and fails when one is over its budget.
import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'vite'

/**
 * The apps. Each is a folder with an index.html, a sw.ts, a manifest and icons,
 * and is served under its name. The budgets are KB as Brotli, of everything
 * that a phone fetches for it; also names parts that the first screen fetches
 * beside its own.
 */
const apps = [
  { name: 'kasir', budgets: { 'first load': 25, 'whole app': 70, 'small decoder': 16, 'strong decoder': 350 } },
  { name: 'kartu', also: ['uqr'], budgets: { 'first load': 25, 'whole app': 70 } },
]

/** The oldest browser: Chrome of a cheap Android phone that is no longer updated. */
const target = 'chrome87'

const root = fileURLToPath(new URL('.', import.meta.url))
const out = join(root, 'dist')
const dist = join(root, 'node_modules', '.dist') // becomes out when everything fits
const shared = 'assets/app'

const common = { root, configFile: false, publicDir: false, logLevel: 'warn', envDir: false }
const lean = { target, emptyOutDir: false, reportCompressedSize: false }
const leanClasses = { transform: { assumptions: { setPublicClassFields: true } } } // a field is an assignment
const hashed = { chunkFileNames: `${shared}/[name]-[hash].js`, assetFileNames: `${shared}/[name]-[hash][extname]` }

rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })

/** The manifests of the builds by app. Each app is built by itself: parts that two share would be cut smaller for both. */
const manifests = {}
for (const { name: app } of apps) {
  await build({
    ...common,
    base: '/',
    build: {
      ...lean,
      outDir: dist,
      assetsDir: shared,
      assetsInlineLimit: 0, // the policy of the pages has no data: but for pictures
      modulePreload: { polyfill: false, resolveDependencies: (_, files, { hostType }) => (hostType === 'html' ? files : []) },
      manifest: 'manifest.json',
      rolldownOptions: {
        ...leanClasses,
        // What does not change with the app is a file of its own, and stays with the phone over updates.
        output: { codeSplitting: { groups: [{ name: 'preact', test: /preload-helper|node_modules.preact./ }, { name: 'uqr', test: /node_modules.uqr./ }] } },
        input: { [app]: join(root, app, 'index.html') },
      },
    },
    plugins: [plainly()],
    worker: {
      format: 'es',
      // A worker is fetched through the service worker whose scope holds its own
      // address, so it stands below its app and not among the shared assets.
      rolldownOptions: { ...leanClasses, output: { ...hashed, entryFileNames: `${app}/[name]-[hash].js` } },
    },
  })
  manifests[app] = JSON.parse(readFileSync(join(dist, 'manifest.json'), 'utf8'))
  rmSync(join(dist, 'manifest.json'))
}

/**
 * plainly loads the later parts of an app as they are: they have no styles of
 * their own (checked below), and their files come from the service worker, so
 * Vite's preloading has nothing to do.
 */
function plainly() {
  const helper = '\0vite/preload-helper.js'
  return {
    name: 'plainly',
    enforce: 'pre',
    load: (id) => (id === helper ? 'export const __vitePreload = (load) => load()' : undefined),
  }
}

const files = () => readdirSync(dist, { recursive: true, withFileTypes: true }).filter((f) => f.isFile()).map((f) => join(f.parentPath, f.name).slice(dist.length)).sort()
const bytes = (path) => readFileSync(join(dist, path))
const hash = (path) => createHash('sha256').update(bytes(path)).digest('base64url')

const styled = Object.values(manifests).flatMap(Object.values).find((chunk) => chunk.isDynamicEntry && chunk.css)
if (styled) throw new Error(`${styled.src} is loaded later and has styles: put them into the app's one style sheet`)

/** Everything that the browser fetches before the page of an app can draw. */
function firstLoad(app) {
  const out = new Set([`/${app}/index.html`])
  const add = (key) => {
    const chunk = manifests[app][key]
    if (out.has('/' + chunk.file)) return
    out.add('/' + chunk.file)
    for (const css of chunk.css ?? []) out.add('/' + css)
    for (const next of chunk.imports ?? []) add(next)
  }
  add(`${app}/index.html`)
  for (const part of apps.find(({ name }) => name === app).also ?? []) add(Object.keys(manifests[app]).find((key) => manifests[app][key].name === part))
  return [...out]
}

const isStrong = (path) => path.startsWith(`/${shared}/`) && /^(strong|zxing)/.test(path.split('/').pop())

/** The licences of what is built in. zxing-wasm holds zxing-cpp, which is under the Apache License as qr is. */
function licences() {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const texts = Object.keys(dependencies).flatMap((name) => {
    const dir = join(root, 'node_modules', name)
    return readdirSync(dir).filter((file) => /^licen[cs]e/i.test(file)).map((file) => `${name} ${dependencies[name]} (${file})\n\n${readFileSync(join(dir, file), 'utf8').trim()}\n`)
  })
  return [...texts, 'zxing-cpp, in zxing-wasm: the Apache License 2.0 as above\n'].join('\n\n')
}

for (const { name: app } of apps) {
  for (const file of readdirSync(join(root, app, 'icons'))) cpSync(join(root, app, 'icons', file), join(dist, app, file))
  cpSync(join(root, app, 'manifest.webmanifest'), join(dist, app, 'manifest.webmanifest'))
  writeFileSync(join(dist, app, 'licenses.txt'), licences())
}

// What the apps' workers keep. Icons, manifest and licences are for the
// browser, when it has a network.
const kept = ['.html', '.js', '.css', '.wasm', '.woff2']
const built = files().filter((path) => kept.includes(extname(path)))

/**
 * What an app's page leads to: the files that it names, those that they name,
 * and so on. Names hold a hash, so that nothing else is called so. Not the
 * build's manifest: that knows nothing of what a worker loads.
 */
function reached(app) {
  const out = new Set([`/${app}/index.html`])
  for (const path of out) {
    if (extname(path) === '.wasm') continue
    const text = bytes(path).toString()
    for (const next of built) if (text.includes(basename(next)) && !next.endsWith('.html')) out.add(next)
  }
  return [...out].sort()
}

const own = new Map(apps.map(({ name }) => [name, reached(name)]))
const loose = built.filter((path) => ![...own.values()].some((paths) => paths.includes(path)))
if (loose.length) throw new Error(`no app leads to ${loose.join(', ')}`)

for (const { name: app } of apps) {
  const missing = firstLoad(app).filter((path) => !own.get(app).includes(path))
  if (missing.length) throw new Error(`${app} does not lead to ${missing.join(', ')}`)
  const stamp = (paths) => paths.map((path) => [path.replace(/\/index\.html$/, '/'), hash(path)])
  const shell = stamp(own.get(app).filter((path) => !isStrong(path)))
  const strong = stamp(own.get(app).filter(isStrong))
  await build({
    ...common,
    define: {
      __BUILD__: JSON.stringify(createHash('sha256').update(JSON.stringify([shell, strong])).digest('hex').slice(0, 16)),
      __SHELL__: JSON.stringify(shell),
      __STRONG__: JSON.stringify(strong),
    },
    build: {
      ...lean,
      outDir: join(dist, app),
      rolldownOptions: leanClasses,
      lib: { entry: join(root, app, 'sw.ts'), formats: ['iife'], name: 'worker', fileName: () => 'sw.js' },
    },
  })
}

const sizes = new Map()
for (const path of files()) {
  const raw = bytes(path)
  const twin = brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length } })
  sizes.set(path, { raw: raw.length, br: twin.length })
  if (extname(path) !== '.png') writeFileSync(join(dist, path) + '.br', twin)
}

const kb = (n) => (n / 1024).toFixed(1).padStart(8)
for (const [path, { raw, br }] of sizes) console.log(`${path.padEnd(52)}${kb(raw)} KB${kb(br)} KB br`)

let over = 0
for (const { name: app, budgets } of apps) {
  const groups = {
    'first load': firstLoad(app),
    // With everything that is loaded later, the decoders left out.
    'whole app': own.get(app).filter((path) => (path.startsWith(`/${app}/index`) || path.startsWith(`/${shared}/`)) && !isStrong(path)),
    'small decoder': own.get(app).filter((path) => path.startsWith(`/${app}/decode-`)),
    'strong decoder': own.get(app).filter(isStrong),
  }
  for (const [name, limit] of Object.entries(budgets)) {
    const paths = groups[name]
    if (!paths.length) throw new Error(`${app}: nothing was built for ${name}`)
    const size = paths.reduce((sum, path) => sum + sizes.get(path).br, 0)
    const fits = size <= limit * 1024
    if (!fits) over++
    console.log(`${fits ? 'ok  ' : 'OVER'} ${app}: ${name}${kb(size)} KB br of ${limit} KB`)
  }
}
if (over) process.exit(1)

for (const name of readdirSync(out)) if (name !== '.gitkeep') rmSync(join(out, name), { recursive: true })
for (const name of readdirSync(dist)) renameSync(join(dist, name), join(out, name))
rmSync(dist, { recursive: true })
