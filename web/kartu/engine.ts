// The participant's phone without its screens. Its state and the symbol are
// there at once; what it can do is a part of its own that comes while the first
// picture is drawn.
import type { Engine, State } from './contract'
import { Core, type EngineDeps } from './core'
import { changed, put, write } from './store'
import type { Work } from './work'

export type { EngineDeps }

/** createEngine makes the engine of the participant's app; nothing happens before start(). */
export function createEngine(deps: EngineDeps = {}): Engine {
  const core = new Core(deps)
  let coming: Promise<Work> | undefined
  let opening: Promise<void> | undefined

  const opened = (): Promise<void> => (opening ??= core.open().catch((e: unknown) => ((opening = undefined), core.settle(), Promise.reject(e))))
  const bring = async (): Promise<Work> => {
    const [module] = await Promise.all([import('./work'), opened()])
    const work = new module.Work(core, deps)
    await work.begin()
    return work
  }
  /** doing waits for the rest of the engine; a fetch that failed is tried again with the next call. */
  const doing = (): Promise<Work> => (coming ??= bring().catch((e: unknown) => ((coming = undefined), Promise.reject(e))))

  const set = async (settings: Partial<State['settings']>): Promise<void> => {
    core.settings = { ...core.settings, ...settings }
    core.notify()
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
    notice: async () => (await doing()).notice(),
    activate: async (...a) => doing().then((work) => work.activate(...a), () => ({ code: 'storage' })),
    claim: async (...a) => (await doing()).claim(...a),
    confirm: async (...a) => (await doing()).confirm(...a),
    code: async () => {
      await opened()
      return core.code()
    },
    places: async () => (await doing()).places(),
    sectors: async () => (await doing()).sectors(),
    uses: async (more) => (await doing()).uses(more),
    seen: async () => (await doing()).seen(),
    dispute: async (...a) => (await doing()).dispute(...a),
    wishes: async () => (await doing()).wishes(),
    wish: async (...a) => (await doing()).wish(...a),
    unwish: async (...a) => (await doing()).unwish(...a),
    cards: async () => (await doing()).cards(),
    lose: async (...a) => (await doing()).lose(...a),
    data: async () => (await doing()).data(),
    exported: async () => (await doing()).exported(),
    requests: async () => (await doing()).requests(),
    request: async (...a) => (await doing()).request(...a),
    cancel: async (...a) => (await doing()).cancel(...a),
    accesses: async () => (await doing()).accesses(),
    consent: async (...a) => (await doing()).consent(...a),
    walletUrl: async () => (await doing()).walletUrl(),
    refresh: async () => (await doing()).refresh(),
    set,
    forget: async () => (await doing()).forget(),
  }
}
