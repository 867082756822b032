// The service worker of the participant's app: what every app's does, and the
// card renewed with no page open.
import { serve, type Worker } from '../shared/worker'
import { renewAlone, TAG } from './renew'

declare const self: Worker

serve('kartu')

// Background Sync, where there is any: the browser says when the network is
// back, and asks again after a failure. Periodic Sync for apps that are installed.
for (const type of ['sync', 'periodicsync'] as const) {
  self.addEventListener(type, (event) => {
    if (event.tag !== TAG) return
    event.waitUntil(
      renewAlone().then((stopped) => {
        if (stopped === 'offline') throw new Error('no network')
      }),
    )
  })
}
