// For tests only: an issuer, a server in memory that knows one person, and
// phones with their own storage and clock.
import { IDBFactory } from 'fake-indexeddb'
import { base32, b64url, fromB64url, fromUtf8, utf8 } from '../shared/bytes'
import { expand, type Judged, SHARD, verify } from '../shared/card'
import { type JWK, parseKeys } from '../shared/keys'
import { importPoint } from '../shared/p256'
import type { Engine, Notice } from './contract'
import { createEngine, type EngineDeps } from './engine'
import type { Listing, Status, WireRequest, WireUse, WireWish } from './wire'

export const ORIGIN = 'https://kartu.example'
export const START = 1_797_000_000 // 2026-12-11
export const DAY = 86400
const ISO = (at: number): string => new Date(at * 1000).toISOString()
export const NOTICE: Notice = { version: '2026-11', hash: 'a'.repeat(64), sections: [] }

interface Card {
  id: string
  x: string
  y: string
  idx: number
  heir: string // id of the card that took its place on the same phone
  text: string
  state: 'active' | 'revoked' | 'replaced'
  expires: number // day
  renewedAt: number
}

type Json = Record<string, unknown>

/** Server is one person's side of the API. */
export class Server {
  at = START
  codes = new Map<string, string>() // one-time code to the card that it led to; '' unused
  cards: Card[] = []
  tokens = new Map<string, string>() // token to card
  consents: Json[] = []
  asked: string[] = [] // 'METHOD path' of what arrived
  headers: Record<string, string>[] = []
  network: (path: string, init: RequestInit) => 'ok' | 'dead' | 'deaf' = () => 'ok' // deaf: done, but the answer is lost
  erased = false
  listed = new Map<number, number>() // index to what the status list says
  listKey: CryptoKey // that signs the list
  membership: Status['membership'] = { state: 'active', protected_until: '2027-06-30', status_as_of: '2026-12-01', segment: 'bpu' }
  consentVersion = NOTICE.version
  uses: WireUse[] = []
  wishes: WireWish[] = [{ sector: { id: 's1', code: 'apotek', name_id: 'Apotek', name_en: 'Pharmacy', state: 'open' }, wished_at: null, partner: '' }]
  requests: WireRequest[] = []
  listings: Listing[] = []
  renewals = 0
  fails = new Map<string, [status: number, code: string]>()
  private jtis = new Set<string>()
  private n = 0

  constructor(private readonly key: CryptoKeyPair) {
    this.listKey = key.privateKey
  }

  async jwks(): Promise<{ keys: JWK[] }> {
    const key = { kty: 'OKP', crv: 'Ed25519', x: b64url(new Uint8Array(await crypto.subtle.exportKey('raw', this.key.publicKey))), not_after: 2_000_000_000 }
    return { keys: [{ ...key, kid: 'A7', use_for: ['card'] }, { ...key, kid: 'S1', use_for: ['status'] }] }
  }

  async keys() {
    return parseKeys(await this.jwks())!
  }

  private async list(): Promise<string> {
    const bits = new Uint8Array(SHARD / 4)
    for (const [idx, value] of this.listed) bits[idx >> 2]! |= value << (2 * (idx & 3))
    const lst = b64url(new Uint8Array(await new Response(new Blob([bits]).stream().pipeThrough(new CompressionStream('deflate'))).arrayBuffer()))
    const parts = [{ alg: 'EdDSA', kid: 'S1', typ: 'statuslist+jwt' }, { sub: `${ORIGIN}/s/0`, iat: this.at, exp: this.at + 7 * DAY, status_list: { bits: 2, lst } }]
    const input = parts.map((part) => b64url(utf8(JSON.stringify(part)))).join('.')
    return `${input}.${b64url(new Uint8Array(await crypto.subtle.sign('Ed25519', this.listKey, utf8(input))))}`
  }

  /** replace puts another card in a card's place, on the same phone or with another key. */
  async replace(c: Card, key: Partial<Pick<Card, 'x' | 'y'>> = {}): Promise<Card> {
    const next = { ...c, ...key, id: `card-${++this.n}`, idx: c.idx + 1 }
    await this.sign(next)
    Object.assign(c, { state: 'replaced', heir: next.id })
    this.cards.push(next)
    return next
  }

  /** now is the card that stands for a card's phone. */
  private now(c: Card | undefined): Card | undefined {
    const next = this.cards.find(({ id }) => id === c?.heir)
    return next && next.x === c?.x ? this.now(next) : c
  }

  /** judge is what a till with the right time would say. */
  async judge(text: string, now = this.at): Promise<Judged> {
    return verify(text, { origin: ORIGIN, keys: await this.keys(), now, printed: false })
  }

  private async sign(c: Card): Promise<void> {
    const point = base32(Uint8Array.of(2 + (fromB64url(c.y)![31]! & 1), ...fromB64url(c.x)!))
    const head = `${ORIGIN.toUpperCase()}/1/A7.${c.idx}.${c.expires}.BU**-SA*****.${point}`
    const draft = (await expand(ORIGIN, `${head}.${base32(new Uint8Array(64))}`)).card!
    c.text = `${head}.${base32(new Uint8Array(await crypto.subtle.sign('Ed25519', this.key.privateKey, utf8(draft.issuer.input))))}`
  }

  private token(card: string): string {
    for (const [t] of this.tokens) this.tokens.delete(t)
    const token = `blp_${++this.n}`
    this.tokens.set(token, card)
    return token
  }

  private shown = (c: Card) => ({ id: c.id, text: c.text, expires_on: ISO((c.expires - 1) * DAY).slice(0, 10) })

  fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const path = url.replace(ORIGIN, '')
    const how = this.network(path, init)
    if (how === 'dead') throw new TypeError('no network')
    const headers = init.headers as Record<string, string>
    this.asked.push(`${init.method} ${path}`)
    this.headers.push(headers)
    const fail = [...this.fails].find(([at]) => path.startsWith(at))?.[1]
    const [status, body, etag = ''] = fail ? [fail[0], { code: fail[1] }] : await this.answer(init.method!, path, init.body ? (JSON.parse(String(init.body)) as Json) : {}, headers)
    if (how === 'deaf') throw new TypeError('the answer is lost')
    const none = status === 204 || status === 304
    const plain = typeof body === 'string'
    return new Response(none ? null : plain ? body : JSON.stringify(body), {
      status, headers: { Date: new Date(this.at * 1000).toUTCString(), 'Content-Type': plain ? 'application/statuslist+jwt' : 'application/json', ...(etag && { ETag: etag }) },
    })
  }

  private async answer(method: string, path: string, body: Json, headers: Record<string, string>): Promise<[number, unknown, string?]> {
    const [bare = '', query = ''] = path.split('?')
    if (path === '/v1/privacy-notice') return [200, { version: NOTICE.version, hash: NOTICE.hash, text: { id: [{ heading: 'Data', body: 'Isi' }], en: [{ heading: 'Data', body: 'Text' }] } }]
    if (path === '/v1/activations') return this.activate(body)
    if (path === '/v1/my/token') return this.prove(String(body.assertion))
    if (path === '/v1/claims') return [202, { id: 'claim', expires_at: ISO(this.at + 300) }]
    if (path === '/v1/claims/claim/confirm') return body.code === '204816' ? [200, { code: 'KODE' }] : [422, { code: 'claim_code_invalid' }]
    if (bare === '/v1/directory') return this.directory(new URLSearchParams(query), headers)
    if (path === '/.well-known/jwks.json') return [200, await this.jwks()]
    if (path === '/s/0') return [200, await this.list()]
    const c = this.now(this.cards.find(({ id }) => id === this.tokens.get((headers.Authorization ?? '').slice(7))))
    return c ? this.mine(c, method, bare.replace('/v1/my/', ''), new URLSearchParams(query), body) : [401, { code: 'unauthenticated' }]
  }

  private async activate({ code, device_key: k, consent }: Json): Promise<[number, unknown]> {
    const { x, y } = k as { x: string; y: string }
    const led = this.codes.get(String(code))
    const before = this.cards.find(({ id }) => id === led)
    if (led === undefined || (led && (before?.x !== x || before.state !== 'active'))) return [422, { code: 'activation_invalid' }]
    const [more, again] = [{ masked_name: 'BU** SA*****' }, led !== '']
    if (again) return [201, { card: { ...this.shown(before!), ...more } }]
    for (const c of this.cards) c.state = 'replaced'
    const c: Card = { id: `card-${++this.n}`, x, y, idx: 4711, heir: '', text: '', state: 'active', expires: Math.floor(this.at / DAY) + 30, renewedAt: this.at }
    await this.sign(c)
    this.cards.push(c)
    this.codes.set(String(code), c.id)
    this.consents.push(consent as Json)
    return [201, { card: { ...this.shown(c), ...more, short_code: 'K7M29QXA' }, participant_token: this.token(c.id) }]
  }

  private async prove(text: string): Promise<[number, unknown]> {
    const bad: [number, unknown] = [401, { code: 'assertion_invalid' }]
    const [h = '', p = '', s = ''] = text.split('.')
    const [header, claims] = [h, p].map((part) => JSON.parse(fromUtf8(fromB64url(part)!)!) as Json) as [Json, Json]
    const c = this.cards.find(({ id }) => id === claims.iss)
    if (!c || this.erased || header.typ !== 'card-assertion+jwt' || header.kid !== c.id || claims.aud !== ORIGIN + '/v1/my/token') return bad
    const key = await importPoint(fromB64url(c.x)!, fromB64url(c.y)!)
    if (!(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, fromB64url(s)!, utf8(`${h}.${p}`)))) return bad
    const [iat, exp] = [Number(claims.iat), Number(claims.exp)]
    if (Math.abs(iat - this.at) > 60 || exp > iat + 60 || this.jtis.has(String(claims.jti))) return bad
    this.jtis.add(String(claims.jti))
    const now = this.now(c)!
    if (now.state !== 'active') return [403, { code: `card_${now.state}` }]
    return [200, { participant_token: this.token(now.id), expires_at: ISO(this.at + 90 * DAY) }]
  }

  private directory(query: URLSearchParams, headers: Record<string, string>): [number, unknown, string?] {
    const at = Number(query.get('cursor') ?? 0)
    const all = this.listings.filter(({ outlet }) => outlet.region_code.startsWith(query.get('region') ?? ''))
    const body = { items: all.slice(at, at + 100), next_cursor: at + 100 < all.length ? String(at + 100) : '' }
    const etag = `"${JSON.stringify(body).length}-${at}-${all[at]?.outlet.name ?? ''}"`
    return headers['If-None-Match'] === etag ? [304, null, etag] : [200, body, etag]
  }

  private async mine(c: Card, method: string, what: string, query: URLSearchParams, body: Json): Promise<[number, unknown]> {
    const [, kind = '', id = '', act = ''] = /^([\w-]+)(?:\/([\w-]+))?(?:\/(\w+))?$/.exec(what) ?? []
    const text = { card: this.shown(c), masked_name: 'BU** SA*****', short_code: 'K7M29QXA', state: c.state }
    if (what === 'card') return [200, text]
    if (what === 'card/renew') {
      if (this.at - c.renewedAt >= DAY) {
        Object.assign(c, { expires: Math.floor(this.at / DAY) + 30, renewedAt: this.at })
        await this.sign(c)
        this.renewals++
      }
      return [200, { ...text, card: this.shown(c) }]
    }
    if (what === 'status') {
      return [200, {
        at: ISO(this.at), card: { id: c.id, state: c.state, reason: '', expires_on: this.shown(c).expires_on }, membership: this.membership,
        branch: { name: 'Palu', region_codes: ['72.71', '72.10'] }, notice_version: NOTICE.version, consent_version: this.consentVersion,
      }]
    }
    if (what === 'benefits') return [200, { at: ISO(this.at), items: [{ benefit_id: 'b1', version: 1, eligible: true, reason: '', remaining: 2, used: 1, per: 'month', until: '2026-12-31' }] }]
    if (what === 'uses') {
      const from = Number(query.get('cursor') ?? 0)
      const to = from + Number(query.get('limit'))
      return [200, { items: this.uses.slice(from, to), next_cursor: to < this.uses.length ? String(to) : '' }]
    }
    if (what === 'savings') return [200, { year: 2026, uses: this.uses.length, gross: 0, discount: 10_000 * this.uses.length, months: [] }]
    if (kind === 'uses' && act === 'dispute') {
      const use = this.uses.find((u) => u.id === id)
      if (!use) return [404, { code: 'not_found' }]
      return [200, Object.assign(use, { state: 'disputed', can_dispute: false, dispute: { at: ISO(this.at), reason: body.reason } })]
    }
    if (what === 'wishes') return [200, { items: this.wishes }]
    if (kind === 'wishes') {
      const wish = this.wishes.find((w) => w.sector.id === id)!
      Object.assign(wish, method === 'PUT' ? { wished_at: ISO(this.at), partner: body.partner ?? '' } : { wished_at: null, partner: '' })
      return method === 'PUT' ? [200, wish] : [204, null]
    }
    if (what === 'cards') return [200, { items: this.cards.map((o) => ({ id: o.id, form: 'phone', state: o.state, short_code: 'K7M29QXA', expires_on: this.shown(o).expires_on })) }]
    if (kind === 'cards' && act === 'revoke') {
      const lost = this.cards.find((o) => o.id === id)!
      lost.state = 'revoked'
      for (const [token, of] of this.tokens) if (of === id) this.tokens.delete(token)
      return [200, { id, state: 'revoked' }]
    }
    if (what === 'data') return [200, { note: 'x', profile: { name: 'Budi Santoso', birth_on: '1980-01-01', phone: '0812', id_number_masked: '************0001' }, memberships: [], consents: [] }]
    if (what === 'accesses') return [200, { items: [{ at: ISO(this.at), role: 'branch_officer', branch: 'Palu', action: 'view', reason: 'service' }], next_cursor: '' }]
    if (what === 'data-requests' && method === 'POST') {
      const request = { id: `r${this.requests.length + 1}`, kind: body.kind as WireRequest['kind'], state: 'open' as const, due_at: ISO(this.at + 3 * DAY), created_at: ISO(this.at) }
      this.requests.unshift(request)
      if (body.kind === 'withdraw') this.membership = { ...this.membership, state: 'restricted' }
      return [201, request]
    }
    if (what === 'data-requests') return [200, { items: this.requests, next_cursor: '' }]
    if (kind === 'data-requests') {
      this.requests.find((r) => r.id === id)!.state = 'cancelled'
      return [204, null]
    }
    if (what === 'consent') {
      this.consentVersion = String(body.version)
      this.membership = { ...this.membership, state: 'active' }
      return [204, null]
    }
    if (what === 'wallet') return [200, { google: { url: 'https://pay.google.com/x' }, apple: null }]
    return [404, { code: 'not_found' }]
  }
}

export interface World {
  server: Server
  factory: IDBFactory
  phone: { wall: number; mono: number }
  /** pass lets time go by, everywhere. */
  pass(seconds: number): void
  engine(deps?: EngineDeps): Engine
}

export async function world(): Promise<World> {
  const server = new Server((await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair)
  server.codes.set('KODE', '')
  const factory = new IDBFactory()
  const phone = { wall: START * 1000, mono: 0 }
  const source = { wall: () => phone.wall, mono: () => phone.mono }
  return {
    server, factory, phone,
    pass: (s) => {
      server.at += s
      phone.wall += s * 1000
      phone.mono += s * 1000
    },
    engine: (deps = {}) => createEngine({ indexedDB: factory, fetch: server.fetch as typeof fetch, source, locks: undefined, background: false, origin: ORIGIN, ...deps }),
  }
}

/** ready is a phone with its card. */
export async function ready(w: World): Promise<Engine> {
  const e = w.engine()
  await e.start()
  const problem = await e.activate('KODE', NOTICE)
  if (problem) throw new Error(problem.code)
  return e
}

export const use = (n: number, change: Partial<WireUse> = {}): WireUse => ({
  id: `u${n}`, at: ISO(START - n * 3600), partner: 'CV A', outlet: 'A Palu', title: 'Servis', gross: 100_000, discount: 20_000, net: 80_000, state: 'recorded',
  card_form: 'phone', receipt: { code: 'R7K29QXM', url: ORIGIN + '/r/R7K29QXM' }, can_dispute: true, ...change,
})

export const listing = (n: number, region = '72.71'): Listing => ({
  outlet: { id: `o${n}`, name: `Outlet ${n}`, address: 'Jl. Monginsidi', region_code: region, region: 'Kota Palu', latitude: -0.9, longitude: 119.87, zone: 'Asia/Makassar', hours: [] },
  partner: { id: 'p', name: 'CV A' }, sector: { id: 's1', code: 'apotek', name_id: 'Apotek', name_en: 'Pharmacy' },
  benefits: [{ id: n === 1 ? 'b1' : `b${n}`, version: 1, title: 'Servis', summary: { id: 'Diskon 20%', en: '20% off' }, exclusions: '', valid_to: '2027-01-31', needs_id_check: false }],
})
