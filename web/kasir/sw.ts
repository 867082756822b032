// The till's service worker. The build stamps it with the files of the app and
// the hash of each, so one worker serves one build and nothing else: the shell
// is complete and unaltered, or the worker does not get installed. It never
// keeps an error, a page of somebody else's network, or anything of /v1 or /s.
/// <reference lib="webworker" />
import { syncAlone } from './sync'

/** A built file: its path, and the SHA-256 of its bytes as base64url. */
type Stamped = readonly [path: string, hash: string]

declare const __BUILD__: string
declare const __SHELL__: readonly Stamped[]
declare const __STRONG__: readonly Stamped[]

interface SyncEvent extends ExtendableEvent {
  readonly tag: string
}
declare const self: Omit<ServiceWorkerGlobalScope, 'addEventListener'> & {
  addEventListener<K extends keyof ServiceWorkerGlobalScopeEventMap>(type: K, listener: (event: ServiceWorkerGlobalScopeEventMap[K]) => void): void
  addEventListener(type: 'sync', listener: (event: SyncEvent) => void): void
}

const page = '/kasir/'
const shellName = `kasir-${__BUILD__}`
const strongName = 'kasir-strong' // its files are named by their content, so builds share it
const stateName = 'kasir-state'
const activeBuild = '/kasir/.active'

const shell = new Map(__SHELL__)
const strong = new Map(__STRONG__)

async function isAsBuilt(answer: Response, hash: string): Promise<boolean> {
  if (answer.status !== 200 || answer.redirected) return false
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await answer.clone().arrayBuffer()))
  const text = btoa(String.fromCharCode(...sum))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') === hash
}

/** have puts a file into the cache, from another build's when that has the same, unless it is there. */
async function have(cache: Cache, path: string, hash: string): Promise<void> {
  if (await cache.match(path)) return
  const known = await caches.match(path)
  if (known && (await isAsBuilt(known, hash))) return await cache.put(path, known)
  for (const mode of ['default', 'reload'] as const) {
    const answer = await fetch(path, { cache: mode, credentials: 'same-origin' })
    if (await isAsBuilt(answer, hash)) return await cache.put(path, answer)
  }
  throw new Error(`${path} is not of this build`)
}

async function install(): Promise<void> {
  const cache = await caches.open(shellName)
  await Promise.all([...shell].map(([path, hash]) => have(cache, path, hash)))
  if (!self.registration.active) return // the first one: nobody waits for an update
  for (const client of await self.clients.matchAll({ includeUncontrolled: true, type: 'window' })) {
    client.postMessage({ type: 'update-available', build: __BUILD__ })
  }
}

/**
 * activate makes this build the one that is served. The build before stays, for
 * pages that were open and load a part of it later; older ones go.
 */
async function activate(): Promise<void> {
  const state = await caches.open(stateName)
  const before = await (await state.match(activeBuild))?.text()
  if (before !== shellName) await state.put(activeBuild, new Response(shellName))
  const keep = new Set([shellName, before, strongName, stateName])
  for (const name of await caches.keys()) {
    if (name.startsWith('kasir-') && !keep.has(name)) await caches.delete(name)
  }
  const cache = await caches.open(strongName)
  for (const { url } of await cache.keys()) {
    if (!strong.has(new URL(url).pathname)) await cache.delete(url)
  }
  await self.clients.claim()
}

let fetching: Promise<void> | null = null

/** strengthen fetches the strong decoder; a try that failed is made again with the next page. */
function strengthen(): Promise<void> {
  fetching ??= (async () => {
    const cache = await caches.open(strongName)
    for (const [path, hash] of strong) await have(cache, path, hash)
  })().finally(() => (fetching = null))
  return fetching.catch(() => undefined)
}

/** held answers with a file of this build, or of the one before. */
async function held(path: string, request: Request): Promise<Response> {
  const own = await (await caches.open(shellName)).match(path)
  return own ?? (await caches.match(path)) ?? (await fetch(request))
}

/** heldStrong waits for a fetch that is under way: on a slow network two would take twice as long. */
async function heldStrong(path: string, request: Request): Promise<Response> {
  if (!(await caches.match(path))) await strengthen()
  return (await caches.match(path)) ?? (await fetch(request))
}

self.addEventListener('install', (event) => event.waitUntil(install()))

self.addEventListener('activate', (event) => {
  event.waitUntil(activate().then(() => void strengthen()))
})

self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (!url.pathname.startsWith(page)) return
    event.waitUntil(strengthen())
    return event.respondWith(held(page, request))
  }
  if (strong.has(url.pathname)) return event.respondWith(heldStrong(url.pathname, request))
  // Files of other builds are named by their hash, so that what is held under a name is right.
  const ours = shell.has(url.pathname) || url.pathname.startsWith('/assets/app/') || /^\/kasir\/[\w-]+-[\w-]{8}\.js$/.test(url.pathname)
  if (ours) event.respondWith(held(url.pathname, request))
})

// Background Sync, where there is any: the browser says when the network is
// back, also with no page open, and asks again after a failure.
self.addEventListener('sync', (event) => {
  if (event.tag !== 'berlaku-sync') return
  event.waitUntil(
    syncAlone().then((stopped) => {
      if (stopped === 'offline') throw new Error('no network')
    }),
  )
})

self.addEventListener('message', (event) => {
  const type = (event.data as { type?: unknown } | null)?.type
  if (type === 'update') event.waitUntil(self.skipWaiting())
  if (type === 'strengthen') event.waitUntil(strengthen())
})
