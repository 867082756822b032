// IndexedDB with promises, as little as is needed.

export interface Db {
  /**
   * tx runs work in one transaction and returns its result when the
   * transaction is on disk; relaxed: when the system has it, for what can be
   * had again. When work throws, nothing is written. Inside, wait for requests
   * of this transaction only.
   */
  tx<T>(stores: string[], mode: IDBTransactionMode, work: (t: Tx) => Promise<T>, relaxed?: boolean): Promise<T>
  close(): void
}

export interface Tx {
  get<T>(store: string, key: IDBValidKey): Promise<T | undefined>
  all<T>(store: string, count?: number): Promise<T[]>
  count(store: string): Promise<number>
  put(store: string, value: unknown, key?: IDBValidKey): Promise<IDBValidKey>
  del(store: string, key: IDBValidKey): Promise<void>
}

const done = <T>(r: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    r.onsuccess = () => resolve(r.result)
    r.onerror = () => reject(r.error)
  })

export async function open(factory: IDBFactory, name: string, version: number, upgrade: (db: IDBDatabase) => void): Promise<Db> {
  const request = factory.open(name, version)
  request.onupgradeneeded = () => upgrade(request.result)
  const db = await done(request)
  db.onversionchange = () => db.close()
  return {
    close: () => db.close(),
    tx: async (stores, mode, work, relaxed) => {
      const t = db.transaction(stores, mode, mode === 'readwrite' ? { durability: relaxed ? 'relaxed' : 'strict' } : undefined)
      const ended = new Promise<void>((resolve, reject) => {
        t.oncomplete = () => resolve()
        t.onabort = () => reject(t.error ?? new Error('aborted'))
      })
      ended.catch(() => {})
      let result
      try {
        result = await work(handle(t))
      } catch (e) {
        try {
          t.abort()
        } catch {
          // it ended by itself
        }
        throw e
      }
      await ended
      return result
    },
  }
}

const handle = (t: IDBTransaction): Tx => ({
  get: (store, key) => done(t.objectStore(store).get(key)),
  all: (store, count) => done(t.objectStore(store).getAll(null, count)),
  count: (store) => done(t.objectStore(store).count()),
  put: (store, value, key) => done(t.objectStore(store).put(value, key)),
  del: (store, key) => done(t.objectStore(store).delete(key)),
})

export async function remove(factory: IDBFactory, name: string): Promise<void> {
  await done(factory.deleteDatabase(name))
}
