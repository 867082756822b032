// The till without its screens. Its state is there at once; what it can do is a
// part of its own that comes while the first picture is drawn.
import type { Engine, Settings } from './contract'
import { Core, type EngineDeps } from './core'
import { changed, put, write } from './store'
import type { Work } from './work'

export type { EngineDeps }

/** createEngine makes the till's engine; nothing happens before start(). */
export function createEngine(deps: EngineDeps = {}): Engine {
  const core = new Core(deps)
  let work: Work | undefined
  let coming: Promise<Work> | undefined

  /** doing waits for the rest of the engine; a fetch that failed is tried again with the next call. */
  const doing = (): Promise<Work> => (coming ??= bring().catch((e: unknown) => ((coming = undefined), Promise.reject(e))))
  const bring = async (): Promise<Work> => {
    const [module] = await Promise.all([import('./work'), opened()])
    const made = new module.Work(core, deps)
    await made.begin()
    return (work = made)
  }
  let opening: Promise<void> | undefined
  const opened = (): Promise<void> =>
    (opening ??= core.open().catch((e: unknown) => {
      opening = undefined
      core.problem = { code: 'storage' }
      core.notify()
      throw e
    }))

  const set = async (settings: Partial<Settings>): Promise<void> => {
    await opened()
    core.settings = { ...core.settings, ...settings }
    core.notify()
    await write(core.db, 'kv', (t) => put(t, 'settings', core.settings))
    changed()
  }

  return {
    state: core.current,
    subscribe: core.subscribe,
    start: async () => {
      await Promise.all([opened(), doing()])
    },
    join: async (...a) => (await doing()).join(...a),
    poll: async () => (await doing()).poll(),
    signIn: async (...a) => (await doing()).signIn(...a),
    signOut: async () => (await doing()).signOut(),
    scan: async (...a) => (await doing()).scan(...a),
    preview: (v, offer, gross) => work?.preview(v, offer, gross) ?? { gross, discount: 0, net: gross, reason: 'offline_not_allowed' },
    redeem: async (...a) => (await doing()).redeem(...a),
    retry: async (...a) => (await doing()).retry(...a),
    giveUp: async (...a) => (await doing()).giveUp(...a),
    undo: async (...a) => (await doing()).undo(...a),
    today: async () => (await doing()).today(),
    sync: async () => (await doing()).sync(),
    set,
    leave: async (...a) => (await doing()).leave(...a),
  }
}
