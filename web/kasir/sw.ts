// The till's service worker: what every app's does, the strong decoder kept
// beside the builds, and the queue handed in with no page open.
import { have, serve, type Stamped, type Worker } from '../shared/worker'
import { syncAlone } from './sync'

declare const __STRONG__: readonly Stamped[]
declare const self: Worker

const cacheName = 'kasir-strong' // its files are named by their content, so builds share it
const strong = new Map(__STRONG__)

let fetching: Promise<void> | null = null

/** strengthen fetches the strong decoder; a try that failed is made again with the next page. */
function strengthen(): Promise<void> {
  fetching ??= (async () => {
    const cache = await caches.open(cacheName)
    for (const [path, hash] of strong) await have(cache, path, hash)
  })().finally(() => (fetching = null))
  return fetching.catch(() => undefined)
}

/** held waits for a fetch that is under way: on a slow network two would take twice as long. */
async function held(path: string, request: Request): Promise<Response> {
  if (!(await caches.match(path))) await strengthen()
  return (await caches.match(path)) ?? (await fetch(request))
}

serve('kasir', {
  cache: cacheName,
  opened: strengthen,
  answer: (path, request) => (strong.has(path) ? held(path, request) : undefined),
  activated: async () => {
    const cache = await caches.open(cacheName)
    for (const { url } of await cache.keys()) {
      if (!strong.has(new URL(url).pathname)) await cache.delete(url)
    }
  },
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
