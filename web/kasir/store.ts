// What a till keeps on the phone: its key, the bundle, status lists, the queue
// and the uses of today. Nothing of a participant besides today's own uses
// (masked name) and what is still to be sent.
import { open, type Db, type Tx } from '../shared/idb'
import type { Saved } from '../shared/clock'
import type { StatusList } from '../shared/statuslist'
import type { Settings, UseState } from './contract'
import type { Bundle, RedeemBody } from './wire'

export const NAME = 'berlaku-kasir'

export interface Till {
  id: string
  name: string
  fingerprint: string
  audience: string
  handIn: string
  state: 'pending' | 'active' | 'revoked'
  key: CryptoKey // private, cannot be exported
}

export interface Row {
  key: string
  state: UseState | 'asking' // asking: stored, and perhaps sent, with no answer yet
  reason: string
  flags: string[]
  title: string
  name: string
  gross: number
  discount: number
  net: number
  receiptNumber: string
  receiptCode: string
  receiptUrl: string
  at: number
  day: string
  id: string // of the server's record; '' until known
  idx: number // of the card; -1: typed
  t: number // proof time; 0: none
  benefit: string
  version: number
  rejected?: boolean // not taken in by the server: stays in sight
  ask?: RedeemBody // while there is no answer
  item?: { card: string; scannedAt: number; listAge: number } // what an item needs; none: online only
  scannedAt?: number
  cashier?: string
  idChecked?: boolean
  undo?: string // why it is being taken back, while the server was asked for that
}

/** Queued is a signed item on its way; use is the key of the use it is about. */
export interface Queued {
  n: number
  key: string
  use: string
  text: string
}

export interface Chain {
  seq: number
  prev: string
}

interface Kv {
  till: Till
  bundle: { etag: string; at: number; body: Bundle }
  settings: Settings
  clock: Saved
  chain: Chain
  session: { cashier: string; version: number; at: number }
  pins: Record<string, { version: number; wrong: number; told: boolean }>
  spent: Record<string, { uses: number; amount: number }> // of allowances, since the server's own count was seen
  seen: Record<string, number> // 'idx.t' of codes used up at this till
  lease: number
}

export interface Held extends StatusList {
  version: number
}

export const get = <K extends keyof Kv>(t: Tx, key: K): Promise<Kv[K] | undefined> => t.get<Kv[K]>('kv', key)
export const put = <K extends keyof Kv>(t: Tx, key: K, value: Kv[K]): Promise<IDBValidKey> => t.put('kv', value, key)
export const use = (t: Tx, key: string): Promise<Row | undefined> => t.get<Row>('uses', key)

export const openStore = (factory: IDBFactory): Promise<Db> =>
  open(factory, NAME, 1, (db) => {
    db.createObjectStore('kv')
    db.createObjectStore('status', { keyPath: 'shard' })
    db.createObjectStore('queue', { keyPath: 'n', autoIncrement: true })
    db.createObjectStore('uses', { keyPath: 'key' })
  })

/** read runs one reading transaction, write a durable writing one. */
export const read = <T>(db: Db, stores: string, work: (t: Tx) => Promise<T>): Promise<T> => db.tx(stores.split(' '), 'readonly', work)
export const write = <T>(db: Db, stores: string, work: (t: Tx) => Promise<T>): Promise<T> => db.tx(stores.split(' '), 'readwrite', work)

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
