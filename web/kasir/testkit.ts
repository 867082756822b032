// For tests only: a small world with an issuer, participants' phones and a
// server in memory that keeps each key once, as the real one does.
import { IDBFactory } from 'fake-indexeddb'
import { base32, b64url, type Bytes, fromB64url, sha256, utf8, uuid } from '../shared/bytes'
import { expand, SHARD } from '../shared/card'
import { discount } from '../shared/discount'
import type { Db } from '../shared/idb'
import type { JWK } from '../shared/keys'
import type { Terms } from '../shared/terms'
import type { Engine } from './contract'
import { createEngine, type EngineDeps } from './engine'
import { openStore } from './store'
import type { Bundle, WireCashier } from './wire'

export const ORIGIN = 'https://kartu.example'
export const START = 1_797_000_000 // 2026-12-11 22:40 in Palu
const OUTLET = '01890000-0000-7000-8000-000000000a01'

export const terms = (change: Partial<Terms> = {}): Terms => ({
  kind: 'percent', basis: 'labour', value: 20, max_discount: 50_000, min_gross: 10_000, outlet_ids: [OUTLET], valid_from: '2026-01-01',
  valid_to: '2027-12-31', segments: [], max_status_age_days: 45, needs_id_check: false, stacking: 'stackable', exclusions: '',
  limits: { participant: null }, offline: { allowed: true, allowance: 15 }, ...change,
})

async function deflate(b: Bytes): Promise<string> {
  return b64url(new Uint8Array(await new Response(new Blob([b]).stream().pipeThrough(new CompressionStream('deflate'))).arrayBuffer()))
}

class Issuer {
  private keys = new Map<string, CryptoKeyPair>()
  readonly jwks: JWK[] = []

  async add(kid: string, useFor: string[]): Promise<void> {
    const pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
    this.keys.set(kid, pair)
    const x = b64url(new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)))
    this.jwks.push({ kty: 'OKP', crv: 'Ed25519', kid, x, not_after: 2_000_000_000, use_for: useFor })
  }

  async sign(kid: string, text: string): Promise<Bytes> {
    return new Uint8Array(await crypto.subtle.sign('Ed25519', this.keys.get(kid)!.privateKey, utf8(text)))
  }

  async jws(kid: string, typ: string, payload: object): Promise<string> {
    const input = b64url(utf8(JSON.stringify({ alg: 'EdDSA', kid, typ }))) + '.' + b64url(utf8(JSON.stringify(payload)))
    return input + '.' + b64url(await this.sign(kid, input))
  }
}

const BLANK = base32(new Uint8Array(64))

/** A participant's phone, which shows a fresh code whenever it is asked. */
export class Card {
  private constructor(private readonly issuer: Issuer, readonly idx: number, readonly kid: string, private readonly pair: CryptoKeyPair, private readonly head: string) {}

  static async issue(issuer: Issuer, idx: number, kid = 'A7'): Promise<Card> {
    const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) as CryptoKeyPair
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
    const point = Uint8Array.of(2 + (fromB64url(jwk.y!)![31]! & 1), ...fromB64url(jwk.x!)!)
    const head = `${ORIGIN.toUpperCase()}/1/${kid}.${idx}.20900.BU**-SA*****.${base32(point)}`
    return new Card(issuer, idx, kid, pair, head)
  }

  async show(t: number): Promise<string> {
    const draft = (await expand(ORIGIN, `${this.head}.${BLANK}.${t}.${BLANK}`)).card!
    const stored = `${this.head}.${base32(await this.issuer.sign(this.kid, draft.issuer.input))}`
    const { proof } = (await expand(ORIGIN, `${stored}.${t}.${BLANK}`)).card!
    const psig = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, this.pair.privateKey, utf8(proof!.input))
    return `${stored}.${t}.${base32(new Uint8Array(psig))}`
  }
}

export async function printed(issuer: Issuer, idx: number, name = 'BU**-SA*****', day = 20900): Promise<string> {
  const head = `${ORIGIN.toUpperCase()}/1/P3.${idx}.${day}.${name}`
  const draft = (await expand(ORIGIN, `${head}.${BLANK}`)).card!
  return `${head}.${base32(await issuer.sign('P3', draft.issuer.input))}`
}

export interface Record {
  key: string
  id: string
  benefit: string
  gross: number
  discount: number
  outcome: string
  reason: string
  online: boolean
  voided: boolean
}

interface Item {
  jti: string
  seq: number
  prev: string
  void?: string
  benefit: string
  gross: number
  occurred_at: number
  scanned_at: number
  list_age: number
}

/** Server keeps rows by key: one for each, whatever is repeated. */
export class Server {
  at = START
  /** what the network does to a request: nothing arrives, or the answer is lost. */
  network: (path: string) => 'ok' | 'dead' | 'cut' = () => 'ok'
  till = { id: uuid(), key: null as CryptoKey | null, state: 'none' }
  rows = new Map<string, Record>()
  items = new Map<number, string>() // by seq: the text
  voids = new Set<string>()
  used = new Map<string, number>() // of allowances
  status = new Map<number, number>()
  lists = [0]
  outletOpen = true
  cashiers: WireCashier[] = []
  benefits: { id: string; version: number; title: string; state: string; terms: Terms }[] = []
  allowance = { id: uuid(), uses: 15, exp: START + 172_800 }
  locked: string[] = []
  scans = new Map<string, number>()
  asked: string[] = []
  refuse = ''
  listIat: number | null = null
  private tokens = new Set<string>()

  constructor(readonly issuer: Issuer) {}

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const fate = this.network(url)
    this.asked.push(`${init.method} ${url}`)
    if (fate === 'dead') throw new TypeError('Failed to fetch')
    const answer = await this.answer(url, init)
    if (fate === 'cut') throw new TypeError('Failed to fetch')
    answer.headers.set('Date', new Date(this.at * 1000).toUTCString())
    return answer
  }

  private json(status: number, body: object, headers: { [name: string]: string } = {}): Response {
    const type = status < 400 ? 'application/json' : 'application/problem+json'
    return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': type, ...headers } })
  }

  private no(status: number, code: string): Response {
    return this.json(status, { code })
  }

  private async answer(url: string, init: RequestInit): Promise<Response> {
    const body = JSON.parse((init.body as string | undefined) ?? '{}') as { [name: string]: unknown }
    const headers = new Headers(init.headers)
    if (url.startsWith('/s/')) return this.list(Number(url.slice(3)))
    if (url === '/v1/tills') return this.join(body as never)
    if (url === '/v1/tills/token') return this.token(body.assertion as string)
    const bearer = headers.get('Authorization')?.slice(7) ?? ''
    if (url === '/v1/redemptions/batch') {
      if (!(await this.holds(bearer, 'hand-in'))) return this.no(401, 'token_invalid')
      return this.batch(body.items as string[])
    }
    if (!this.tokens.has(bearer) || this.till.state !== 'active') return this.no(401, 'token_invalid')
    if (url === '/v1/till/bundle') return this.bundle(headers.get('If-None-Match'))
    if (url === '/v1/validations') return this.validate(body.card as string)
    if (url === '/v1/redemptions') return this.redeem(headers.get('Idempotency-Key')!, body)
    if (url === '/v1/till/leave') return (this.till.state = 'revoked'), new Response(null, { status: 204 })
    const lock = /cashiers\/(.*)\/lock/.exec(url)
    if (lock) return this.locked.push(lock[1]!), new Response(null, { status: 204 })
    const id = /redemptions\/(.*)\/void/.exec(url)
    const row = id && [...this.rows.values()].find((r) => r.id === id[1])
    if (row) return (row.voided = true), this.json(200, this.shown(row))
    return this.no(404, 'not_found')
  }

  private async join({ code, public_key: k }: { code: string; public_key: JsonWebKey }): Promise<Response> {
    if (code !== 'GABUNG') return this.no(422, 'enrolment_code_invalid')
    const key = await crypto.subtle.importKey('jwk', k, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])
    this.till = { id: uuid(), key, state: 'pending' }
    return this.json(201, { till_id: this.till.id, fingerprint: '000000', state: 'pending', audience: 'token', hand_in_audience: 'hand-in' })
  }

  private async holds(text: string, aud: string): Promise<boolean> {
    const claims = await this.signed<{ iss: string; aud: string; iat: number; exp: number }>(text, 'till-assertion+jwt')
    return !!claims && claims.aud === aud && claims.iss === this.till.id && claims.exp > this.at && claims.iat <= this.at + 60
  }

  private async signed<T>(text: string, typ: string): Promise<T | null> {
    const [h = '', p = '', s = ''] = text.split('.')
    const parse = (part: string): unknown => JSON.parse(new TextDecoder().decode(fromB64url(part)!))
    if (!s || JSON.stringify(parse(h)) !== JSON.stringify({ alg: 'ES256', kid: this.till.id, typ })) return null
    const good = await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, this.till.key!, fromB64url(s)!, utf8(h + '.' + p))
    return good ? (parse(p) as T) : null
  }

  private async token(assertion: string): Promise<Response> {
    if (!(await this.holds(assertion, 'token'))) return this.no(401, 'assertion_invalid')
    if (this.till.state !== 'active') return this.no(401, 'till_' + this.till.state)
    const token = uuid()
    this.tokens.add(token)
    return this.json(200, { access_token: token, expires_in: 900 })
  }

  private async list(shard: number): Promise<Response> {
    const bits = new Uint8Array(SHARD / 4)
    for (const [idx, value] of this.status) if (Math.floor(idx / SHARD) === shard) bits[(idx % SHARD) >> 2]! |= value << (2 * (idx & 3))
    const iat = this.listIat ?? this.at
    const payload = { sub: `${ORIGIN}/s/${shard}`, iat, exp: iat + 604_800, status_list: { bits: 2, lst: await deflate(bits) } }
    return new Response(await this.issuer.jws('S1', 'statuslist+jwt', payload), { headers: { 'Content-Type': 'application/statuslist+jwt' } })
  }

  private async bundle(tag: string | null): Promise<Response> {
    const allowances = []
    for (const b of this.benefits.filter((b) => b.terms.offline.allowed)) {
      const { id, uses, exp } = this.allowance
      const claims = { iss: ORIGIN, sub: this.till.id, jti: id, benefit: b.id, version: b.version, uses, used: this.used.get(id) ?? 0, amount: null, used_amount: 0, iat: START, exp }
      allowances.push(await this.issuer.jws('S1', 'berlaku-allowance+jwt', claims))
    }
    const body: Omit<Bundle, 'server_time'> = {
      origin: ORIGIN, till: { id: this.till.id, name: 'Kasir 1', fingerprint: '' }, partner: { id: uuid(), name: 'CV Anugerah' },
      outlet: { id: OUTLET, name: 'Monginsidi', zone: 'Asia/Makassar', open: this.outletOpen },
      policy: { proof_window: 120, status_max_age: 259200, scan_life: 900, void_window: 900, printed: 'allow', pin_attempts: 5 },
      jwks: { keys: this.issuer.jwks }, status: this.lists.map((shard) => ({ shard, version: this.status.size, url: `/s/${shard}` })),
      benefits: this.benefits.map((b) => ({ ...b, summary: { id: '20 %', en: '20%' } })), allowances, cashiers: this.cashiers,
    }
    const stable = JSON.stringify({ ...body, partner: 0, allowances: [this.allowance, ...this.used] })
    const etag = `"${b64url(await sha256(utf8(stable)))}"`
    if (tag === etag) return new Response(null, { status: 304, headers: { ETag: etag } })
    return this.json(200, { server_time: this.at, ...body }, { ETag: etag })
  }

  private validate(card: string): Response {
    const id = uuid()
    this.scans.set(id, this.at)
    const reason = this.refuse
    return this.json(200, {
      verdict: reason ? 'not_valid' : 'valid', reason, scan_id: id, card: { form: 'phone', masked_name: 'BU** SA*****', expires_on: '2027-03-22', needs_id_check: false },
      benefits: this.benefits.map(({ id, version, title }) => ({ id, version, title, eligible: !reason && card !== '', reason, remaining: 3 })),
    })
  }

  private shown(r: Record): object {
    return {
      id: r.id, outcome: r.outcome, reason: r.reason, state: r.voided ? 'voided' : 'recorded', gross: r.gross, discount: r.discount,
      net: r.gross - r.discount, flags: [], receipt: { code: 'R' + r.id.slice(0, 4), url: '/r/x' },
    }
  }

  private redeem(key: string, body: { [name: string]: unknown }): Response {
    const old = this.rows.get(key)
    if (old) return this.json(200, this.shown(old))
    const scanned = this.scans.get(body.scan_id as string)
    const stale = scanned !== undefined && this.at - scanned > 900
    return this.json(201, this.shown(this.keep(key, body.benefit_id as string, body.gross as number, true, stale ? 'code_stale' : this.refuse)))
  }

  private keep(key: string, benefit: string, gross: number, online: boolean, reason: string): Record {
    const off = reason ? 0 : discount(this.benefits.find((b) => b.id === benefit)!.terms, gross)
    const row = { key, id: uuid(), benefit, gross, discount: off, outcome: reason ? 'refused' : 'granted', reason, online, voided: this.voids.has(key) }
    this.rows.set(key, row)
    return row
  }

  private async batch(texts: string[]): Promise<Response> {
    const results = []
    for (const text of texts) {
      const item = await this.signed<Item>(text, 'berlaku-use+jwt')
      results.push(item ? this.take(item, text) : { key: '', outcome: 'rejected', reason: 'item_forged', id: null, flags: [] })
    }
    return this.json(200, { results, chain: {} })
  }

  private take(item: Item, text: string): object {
    this.items.set(item.seq, text)
    if (item.void) {
      this.voids.add(item.void)
      const row = this.rows.get(item.void)
      if (row) row.voided = true
      return { key: item.jti, outcome: 'granted', reason: '', id: row?.id ?? null, flags: [] }
    }
    let row = this.rows.get(item.jti)
    if (!row) {
      const late = item.occurred_at - item.scanned_at > 900 ? 'code_stale' : item.list_age > 259200 ? 'status_list_stale' : ''
      row = this.keep(item.jti, item.benefit, item.gross, false, late || (this.till.state === 'revoked' ? 'till_revoked' : ''))
      this.used.set(this.allowance.id, (this.used.get(this.allowance.id) ?? 0) + 1)
    }
    return { key: item.jti, outcome: row.outcome, reason: row.reason, id: row.id, flags: [], receipt: { code: 'R' + row.id.slice(0, 4), url: '/r/x' } }
  }

  /** chain returns what is wrong with the chain of items that came in. */
  async chain(): Promise<string> {
    let prev = ''
    for (let seq = 1; seq <= this.items.size; seq++) {
      const text = this.items.get(seq)
      if (!text) return `no item ${seq}`
      const item = await this.signed<Item>(text, 'berlaku-use+jwt')
      if (!item || item.prev !== prev) return `item ${seq} is broken`
      prev = b64url(await sha256(utf8(text)))
    }
    return ''
  }
}

export interface World {
  server: Server
  issuer: Issuer
  factory: IDBFactory
  phone: { wall: number; mono: number }
  /** pass lets time go by, everywhere. */
  pass(seconds: number): void
  engine(deps?: EngineDeps): Engine
  card(idx?: number): Promise<Card>
  text(card: Card): Promise<string>
}

export async function world(): Promise<World> {
  const issuer = new Issuer()
  await issuer.add('A7', ['card'])
  await issuer.add('P3', ['print'])
  await issuer.add('S1', ['status'])
  const server = new Server(issuer)
  server.benefits = [{ id: uuid(), version: 1, title: 'Servis', state: 'live', terms: terms() }]
  const factory = new IDBFactory()
  const phone = { wall: START * 1000, mono: 0 }
  const source = { wall: () => phone.wall, mono: () => phone.mono }
  return {
    server, issuer, factory, phone,
    pass: (s) => {
      server.at += s
      phone.wall += s * 1000
      phone.mono += s * 1000
    },
    engine: (deps = {}) => createEngine({ indexedDB: factory, fetch: server.fetch as typeof fetch, source, locks: undefined, background: false, ...deps }),
    card: (idx = 4711) => Card.issue(issuer, idx),
    text: (card) => card.show(server.at),
  }
}

/** ready is a till that joined, was confirmed and holds its bundle. */
export async function ready(w: World): Promise<Engine> {
  const e = w.engine()
  await e.start()
  await e.join('GABUNG', 'Kasir 1')
  w.server.till.state = 'active'
  await e.poll()
  return e
}

/** dead is a network on which nothing arrives. */
export const dead = (): 'dead' => 'dead'

/** Killer ends a till at the n-th step on its storage or network: from then on nothing of it has any effect. */
export class Killer {
  steps = 0
  over = false
  constructor(private readonly at: number) {}

  private step(): void {
    if (this.over || ++this.steps === this.at) {
      this.over = true
      throw new Error('killed')
    }
  }

  deps(w: World): EngineDeps {
    const open = async (factory: IDBFactory): Promise<Db> => {
      const db = await openStore(factory)
      return {
        close: () => db.close(),
        tx: async (stores, mode, work) => {
          this.step()
          const out = await db.tx(stores, mode, work)
          if (mode === 'readwrite') this.step()
          return out
        },
      }
    }
    const fetcher = async (url: string, init: RequestInit): Promise<Response> => {
      this.step()
      const out = await w.server.fetch(url, init)
      this.step()
      return out
    }
    return { open: open as NonNullable<EngineDeps['open']>, fetch: fetcher as typeof fetch }
  }
}

