import { beforeAll, describe, expect, test } from 'vitest'
import { b64url, type Bytes, fromB64url, utf8 } from './bytes'
import { type Keys, parseKeys } from './keys'
import { readStatus, statusAt } from './statuslist'

const origin = 'https://kartu.example'
const at = 1797000000

let pair: CryptoKeyPair
let other: CryptoKeyPair
let whole: string

const raw = async (k: CryptoKeyPair): Promise<string> => b64url(new Uint8Array(await crypto.subtle.exportKey('raw', k.publicKey)))

export async function pack(list: Bytes): Promise<string> {
  const stream = new Blob([list]).stream().pipeThrough(new CompressionStream('deflate'))
  return b64url(new Uint8Array(await new Response(stream).arrayBuffer()))
}

async function signRaw(header: string, payload: string): Promise<string> {
  const input = b64url(utf8(header)) + '.' + b64url(utf8(payload))
  return input + '.' + b64url(new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, utf8(input))))
}

beforeAll(async () => {
  pair = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  other = (await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])) as CryptoKeyPair
  whole = await pack(new Uint8Array(32768))
})

async function keys(change: object = {}): Promise<Keys> {
  return parseKeys({ keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'S1', x: await raw(pair), not_after: 2e9, use_for: ['status'], ...change }] })!
}

type Change = Record<string, unknown>
interface Case {
  header?: Change
  claims?: Change
  list?: Change | (() => Promise<Change>)
  key?: () => Promise<object>
  text?: (s: string) => string
  now?: number
  shard?: number
  good?: boolean
}

/** merge takes a member out where it is given as undefined. */
const merge = (base: Change, change: Change = {}): Change => JSON.parse(JSON.stringify({ ...base, ...change })) as Change

const bytes = (n: number) => async (): Promise<Change> => ({ lst: await pack(new Uint8Array(n)) })
const cut = (s: string, at: number, put: string, skip = 0): string => s.slice(0, s.length - at) + put + s.slice(s.length - at + skip)
const bump = (c: string): string => String.fromCharCode(c.charCodeAt(0) ^ 1)

const cases: Record<string, Case> = {
  'as it should be': { good: true },
  '72 h old': { now: at + 259200, good: true },
  '72 h and 1 s old': { now: at + 259201 },
  '120 s ahead': { now: at - 120, good: true },
  '121 s ahead': { now: at - 121 },
  'now = exp': { claims: { exp: at + 10 }, now: at + 10 },
  'now = exp-1': { claims: { exp: at + 10 }, now: at + 9, good: true },
  'without exp': { claims: { exp: undefined } },
  'without iat': { claims: { iat: undefined } },
  'iat a text': { claims: { iat: '1797000000' } },
  'iat a fraction': { claims: { iat: 1797000000.5 } },
  'iat null': { claims: { iat: null } },
  'list of another shard': { shard: 8 },
  'sub of another issuer': { claims: { sub: 'https://kartu.example.co/s/207' } },
  'one bit an entry': { list: { bits: 1 } },
  'bits a text': { list: { bits: '2' } },
  'no list': { claims: { status_list: undefined } },
  'list null': { claims: { status_list: null } },
  'list a text': { claims: { status_list: 'x' } },
  'another typ': { header: { typ: 'JWT' } },
  'without typ': { header: { typ: undefined } },
  'alg none': { header: { alg: 'none' } },
  'alg ES256': { header: { alg: 'ES256' } },
  'alg in another case': { header: { alg: 'eddsa' } },
  'unknown kid': { header: { kid: 'ZZ' } },
  'without kid': { header: { kid: undefined } },
  'kid a number': { header: { kid: 1 } },
  crit: { header: { crit: ['b64'] } },
  'b64 false': { header: { b64: false } },
  jwk: { header: { jwk: {} } },
  'key of cards': { key: async () => ({ use_for: ['card', 'print'] }) },
  'withdrawn key': { key: async () => ({ revoked: true }) },
  'another key': { key: async () => ({ x: await raw(other) }) },
  'a byte short': { list: bytes(32767) },
  'a byte long': { list: bytes(32769) },
  'a bomb': { list: bytes(32 << 20) },
  'no zlib stream': { list: { lst: b64url(new Uint8Array(100)) } },
  'zlib stream cut': { list: async () => ({ lst: whole.slice(0, -6) }) },
  'bytes behind the stream': { list: async () => ({ lst: b64url(Uint8Array.of(...fromB64url(whole)!, 0, 0)) }) },
  'line end in the list': { list: async () => ({ lst: whole.slice(0, 8) + '\n' + whole.slice(8) }) },
  padding: { list: async () => ({ lst: whole + '=' }) },
  'line end behind': { text: (s) => s + '\n' },
  'line end in the signature': { text: (s) => cut(s, 9, '\n') },
  'no signature': { text: (s) => s.slice(0, s.lastIndexOf('.') + 1) },
  'a flipped bit': { text: (s) => cut(s, 40, bump(s[s.length - 40]!), 1) },
  'spare bits set': { text: (s) => s.slice(0, -1) + bump(s.at(-1)!) },
  'four parts': { text: (s) => s + '.e30' },
  empty: { text: () => '' },
  'too long': { text: (s) => 'A'.repeat(100 << 10) + s },
}

describe('a status token holds only when everything does:', () => {
  test.each(Object.entries(cases))('%s', async (_, c) => {
    const list = merge({ bits: 2, lst: whole }, typeof c.list === 'function' ? await c.list() : c.list)
    const claims = merge({ sub: origin + '/s/207', iat: at, exp: at + 7 * 86400, ttl: 3600, status_list: list }, c.claims)
    const header = merge({ alg: 'EdDSA', typ: 'statuslist+jwt', kid: 'S1' }, c.header)
    let token = await signRaw(JSON.stringify(header), JSON.stringify(claims))
    if (c.text) token = c.text(token)
    const got = await readStatus(token, origin, c.shard ?? 207, await keys(await c.key?.()), c.now ?? at)
    expect(got !== null).toBe(c.good === true)
  })

  test.each([
    ['header', '{"alg":"EdDSA","alg":"EdDSA","typ":"statuslist+jwt","kid":"S1"}', ''],
    ['sub', '', '{"sub":"x","sub":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":2,"lst":"LST"}}'],
    ['case', '', '{"SUB":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":2,"lst":"LST"}}'],
    ['bits', '', '{"sub":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":1,"bits":2,"lst":"LST"}}'],
    ['array', '', '[]'],
    ['number', '', '1'],
  ])('a member twice or no object: %s', async (_, header, payload) => {
    const head = header || '{"alg":"EdDSA","typ":"statuslist+jwt","kid":"S1"}'
    const body = (payload || '{"sub":"https://kartu.example/s/207","iat":1797000000,"exp":1797000100,"status_list":{"bits":2,"lst":"LST"}}').replace('LST', whole)
    expect(await readStatus(await signRaw(head, body), origin, 207, await keys(), at)).toBeNull()
  })
})

test('every entry is where it belongs', async () => {
  const list = new Uint8Array(32768)
  list[0] = 0b11100100
  list[1] = 0b10
  list[32767] = 0b01000000
  const claims = { sub: origin + '/s/207', iat: at, exp: at + 100, status_list: { bits: 2, lst: await pack(list) } }
  const got = await readStatus(await signRaw('{"alg":"EdDSA","kid":"S1","typ":"statuslist+jwt"}', JSON.stringify(claims)), origin, 207, await keys(), at)
  const entries = { 0: 0, 1: 1, 2: 2, 3: 3, 4: 2, 5: 0, 131070: 0, 131071: 1 }
  for (const [i, want] of Object.entries(entries)) expect(statusAt(got!, 207 * 131072 + +i), i).toBe(want)
})
