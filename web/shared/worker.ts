// The service worker that every app has. The build stamps it with the files of
// the app and the hash of each, so one worker serves one build and nothing else:
// the shell is complete and unaltered, or the worker does not get installed. It
// never keeps an error, a page of somebody else's network, or anything of /v1 or /s.
/// <reference lib="webworker" />

/** A built file: its path, and the SHA-256 of its bytes as base64url. */
export type Stamped = readonly [path: string, hash: string]

/** More is what one app's worker does besides. */
export interface More {
  cache?: string // a cache of its own that stays over builds
  activated?(): Promise<void> // this build is the one that is served
  opened?(): Promise<void> // a page of the app is being opened
  answer?(path: string, request: Request): Promise<Response> | undefined // to a file that is not of the shell
}

declare const __BUILD__: string
declare const __SHELL__: readonly Stamped[]

/** Sync is what the browser sends when there is a network again. */
export interface Sync extends ExtendableEvent {
  readonly tag: string
}
export type Worker = Omit<ServiceWorkerGlobalScope, 'addEventListener'> & {
  addEventListener<K extends keyof ServiceWorkerGlobalScopeEventMap>(type: K, listener: (event: ServiceWorkerGlobalScopeEventMap[K]) => void): void
  addEventListener(type: 'sync' | 'periodicsync', listener: (event: Sync) => void): void
}
declare const self: Worker

async function isAsBuilt(answer: Response, hash: string): Promise<boolean> {
  if (answer.status !== 200 || answer.redirected) return false
  const sum = new Uint8Array(await crypto.subtle.digest('SHA-256', await answer.clone().arrayBuffer()))
  const text = btoa(String.fromCharCode(...sum))
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '') === hash
}

/** have puts a file into the cache, from another build's when that has the same, unless it is there. */
export async function have(cache: Cache, path: string, hash: string): Promise<void> {
  if (await cache.match(path)) return
  const known = await caches.match(path)
  if (known && (await isAsBuilt(known, hash))) return await cache.put(path, known)
  for (const mode of ['default', 'reload'] as const) {
    const answer = await fetch(path, { cache: mode, credentials: 'same-origin' })
    if (await isAsBuilt(answer, hash)) return await cache.put(path, answer)
  }
  throw new Error(`${path} is not of this build`)
}

/** serve makes the worker of the app that is under /app/. */
export function serve(app: string, more: More = {}): void {
  const page = `/${app}/`
  const shellName = `${app}-${__BUILD__}`
  const stateName = `${app}-state`
  const activeBuild = `${page}.active`
  const shell = new Map(__SHELL__)

  async function install(): Promise<void> {
    const cache = await caches.open(shellName)
    await Promise.all([...shell].map(([path, hash]) => have(cache, path, hash)))
    if (!self.registration.active) return // the first one: nobody waits for an update
    for (const client of await self.clients.matchAll({ includeUncontrolled: true, type: 'window' })) {
      if (new URL(client.url).pathname.startsWith(page)) client.postMessage({ type: 'update-available', build: __BUILD__ })
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
    const keep = new Set([shellName, before, more.cache, stateName])
    for (const name of await caches.keys()) {
      if (name.startsWith(`${app}-`) && !keep.has(name)) await caches.delete(name)
    }
    await more.activated?.()
    await self.clients.claim()
  }

  /** held answers with a file of this build, or of the one before. */
  async function held(path: string, request: Request): Promise<Response> {
    const own = await (await caches.open(shellName)).match(path)
    return own ?? (await caches.match(path)) ?? (await fetch(request))
  }

  // Files of other builds are named by their hash, so that what is held under a name is right.
  const hashed = new RegExp(`^(/assets/app/|${page}[\\w-]+-[\\w-]{8}\\.js$)`)

  self.addEventListener('install', (event) => event.waitUntil(install()))
  self.addEventListener('activate', (event) => {
    event.waitUntil(activate().then(() => void more.opened?.()))
  })
  self.addEventListener('fetch', (event) => {
    const { request } = event
    const url = new URL(request.url)
    if (request.method !== 'GET' || url.origin !== self.location.origin) return
    const path = url.pathname
    if (request.mode === 'navigate') {
      if (!path.startsWith(page)) return
      if (more.opened) event.waitUntil(more.opened())
      return event.respondWith(held(page, request))
    }
    const answer = more.answer?.(path, request) ?? (shell.has(path) || hashed.test(path) ? held(path, request) : undefined)
    if (answer) event.respondWith(answer)
  })
  self.addEventListener('message', (event) => {
    if ((event.data as { type?: unknown } | null)?.type === 'update') event.waitUntil(self.skipWaiting())
  })
}
