// A till over HTTP, written from docs/till-sync.md alone: what a point-of-sale
// vendor has to build. Nothing here is shared with the server or the app.
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'

const b64 = (x) => Buffer.from(x).toString('base64url')
const now = () => Math.floor(Date.now() / 1000)

/** The six digits of a key: the owner compares them with what the till shows. */
export function fingerprint({ x, y }) {
  const point = Buffer.concat([Buffer.from([2 + (Buffer.from(y, 'base64url').at(-1) & 1)]), Buffer.from(x, 'base64url')])
  const n = createHash('sha256').update(point).digest().readBigUInt64BE()
  return String(n % 1_000_000n).padStart(6, '0')
}

export class Till {
  #key
  #last = '' // the text of the newest item
  seq = 0
  bearer = ''
  etag = ''

  constructor(url) {
    this.url = url
  }

  async call(method, path, body, headers = {}) {
    const all = { ...(this.bearer && { authorization: `Bearer ${this.bearer}` }), ...(body && { 'content-type': 'application/json' }), ...headers }
    const r = await fetch(this.url + path, { method, headers: all, body: body && JSON.stringify(body) })
    const text = await r.text()
    return { status: r.status, headers: r.headers, body: text ? JSON.parse(text) : null }
  }

  /** join uses an enrolment code; the till waits for the owner afterwards. */
  async join(code, name = 'Kasir uji') {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    this.#key = privateKey
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
    const { status, body } = await this.call('POST', '/v1/tills', { code, public_key: { kty, crv, x, y }, name })
    if (status !== 200 && status !== 201) throw new Error(`join: ${status} ${body?.code}`)
    if (body.fingerprint !== fingerprint({ x, y })) throw new Error('join: another fingerprint')
    this.id = body.till_id
    this.joined = body
    return body
  }

  sign(typ, payload) {
    const input = b64(JSON.stringify({ alg: 'ES256', kid: this.id, typ })) + '.' + b64(JSON.stringify(payload))
    return input + '.' + b64(sign('sha256', Buffer.from(input), { key: this.#key, dsaEncoding: 'ieee-p1363' }))
  }

  assertion(aud) {
    const iat = now()
    return this.sign('till-assertion+jwt', { iss: this.id, aud, iat, exp: iat + 60, jti: randomUUID() })
  }

  /** token buys a bearer, or answers why there is none. */
  async token() {
    const r = await this.call('POST', '/v1/tills/token', { assertion: this.assertion(this.joined.audience) })
    if (r.status === 200) this.bearer = r.body.access_token
    return r
  }

  /** bundle fetches what the till holds; a 304 leaves what it had. */
  async bundle() {
    const r = await this.call('GET', '/v1/till/bundle', undefined, this.etag ? { 'if-none-match': this.etag } : {})
    if (r.status === 200) [this.held, this.etag] = [r.body, r.headers.get('etag')]
    return r
  }

  allowances() {
    return this.held.allowances.map((text) => JSON.parse(Buffer.from(text.split('.')[1], 'base64url')))
  }

  /** item signs claims as the next of the chain; over overrides any of them. */
  item(claims, over = {}) {
    const prev = this.#last && createHash('sha256').update(this.#last).digest('base64url')
    const text = this.sign('berlaku-use+jwt', { jti: randomUUID(), seq: ++this.seq, prev, ...claims, ...over })
    this.#last = text
    return text
  }

  /** use is an item for a promo of the bundle, with the till's own sums. */
  use(card, benefitId, gross, over = {}) {
    const benefit = this.held.benefits.find((b) => b.id === benefitId)
    const allowance = this.allowances().find((a) => a.benefit === benefitId)
    const discount = discountOf(benefit.terms, gross)
    const at = over.occurred_at ?? now()
    return this.item({
      scanned_at: at, occurred_at: at, card, benefit: benefitId, version: benefit.version, gross, discount, net: gross - discount,
      ...(allowance && { allowance: allowance.jti }), id_checked: false, list_age: 60,
    }, over)
  }

  takeBack(jti, reason = 'salah ketik', over = {}) {
    return this.item({ occurred_at: now(), void: jti, reason }, over)
  }

  /** batch hands items in, with the bearer or with an assertion in its place. */
  batch(items, bearer = this.bearer) {
    return this.call('POST', '/v1/redemptions/batch', { items }, { authorization: `Bearer ${bearer}` })
  }

  handIn(items) {
    return this.batch(items, this.assertion(this.joined.hand_in_audience))
  }
}

/** The discount of whole rupiah: rounded down, capped, never above the bill. */
function discountOf({ kind, value, max_discount: most }, gross) {
  const raw = { percent: Math.floor((gross * value) / 100), amount: value, free_item: value, package_price: Math.max(0, gross - value) }[kind]
  return Math.min(raw, most ?? raw, gross)
}

/** claims of an item, unchecked. */
export const claims = (item) => JSON.parse(Buffer.from(item.split('.')[1], 'base64url'))
