// What the participant's app keeps on the phone: the card with its key and
// token, what the server last answered, and how the app is set.
import type { Saved } from '../shared/clock'
import { type Db, open, type Tx } from '../shared/idb'
import type { State } from './contract'

export const NAME = 'berlaku-kartu'

export interface Identity {
  id: string // of the card
  text: string // the stored form, six fields
  key: CryptoKey // private, cannot be exported
  x: string // of the public half, base64url
  token: string // the bearer; '' when a new one has to be asked for
  name: string
  shortCode: string // '' until known
  expiresOn: string
  exp: number // Unix seconds from which the card is no longer good
}

/** Pending is an activation that was begun and has no answer yet. */
export interface Pending {
  code: string
  key: CryptoKey
  x: string
  y: string
  consent: { version: string; text_hash: string }
  at: number
}

export type Because = State['endedBecause']

interface Kv {
  identity: Identity
  ended: { because: Because; name: string; shortCode: string; expiresOn: string; id: string }
  pending: Pending
  settings: State['settings']
  clock: Saved
  seen: string[] // ids of the uses that were looked at
  [lease: `lease.${string}`]: number
}

/** Cached is an answer of the server with the time at which it came. */
export interface Cached<T> {
  at: number
  value: T
  doubtful?: boolean // something was asked that changes it; the answer may never have come
}

export const get = <K extends keyof Kv>(t: Tx, key: K): Promise<Kv[K] | undefined> => t.get<Kv[K]>('kv', key)
export const put = <K extends keyof Kv>(t: Tx, key: K, value: Kv[K]): Promise<IDBValidKey> => t.put('kv', value, key)

export const openStore = (factory: IDBFactory): Promise<Db> =>
  open(factory, NAME, 1, (db) => {
    db.createObjectStore('kv')
    db.createObjectStore('answers')
  })

/** read runs one reading transaction, write a durable writing one, jot one for what can be had again: the disk is not waited for. */
export const read = <T>(db: Db, stores: string, work: (t: Tx) => Promise<T>): Promise<T> => db.tx(stores.split(' '), 'readonly', work)
export const write = <T>(db: Db, stores: string, work: (t: Tx) => Promise<T>): Promise<T> => db.tx(stores.split(' '), 'readwrite', work)
export const jot = <T>(db: Db, stores: string, work: (t: Tx) => Promise<T>): Promise<T> => db.tx(stores.split(' '), 'readwrite', work, true)

const me = Math.random()

/** changed tells the other tabs and the worker that the store changed. */
export function changed(): void {
  const channel = new BroadcastChannel(NAME)
  channel.postMessage(me)
  channel.close()
}

/** onChange hears of changes by others. */
export function onChange(then: () => void): void {
  new BroadcastChannel(NAME).onmessage = ({ data }) => data !== me && then()
}
