import { afterEach, describe, expect, test } from 'vitest'
import vectors from '../../cards/testdata/card-vectors.json'
import { base32, b64url, type Bytes, fromBase32, fromB64url, utf8 } from './bytes'
import { type Code, expand, type Policy, verify } from './card'
import { use } from './ed25519'
import { type JWK, parseKeys } from './keys'
import { decompress } from './p256'

const origin = 'https://kartu.example'

const key = (kid: string, x: string, use_for: string[], more: Partial<JWK> = {}): JWK => ({
  kty: 'OKP', crv: 'Ed25519', kid, x, not_after: 1840000000, use_for, ...more,
})

/** policy has the keys and statuses of the vectors, as in the tests of Go. */
function policy(change: Partial<Policy> = {}): Policy {
  const keys = parseKeys({
    keys: [key('A7', vectors.pub_A7, ['card'], { not_after: 1802000000 }), key('P3', vectors.pub_P3, ['print', 'card']), key('X9', vectors.pub_A7, ['print'], { revoked: true })],
  })!
  const used = new Set<string>()
  return {
    origin, keys, now: vectors.now, printed: true,
    status: (idx) => (idx === 27182823 ? null : Math.max(0, [27182820, 27182821, 27182822].indexOf(idx) + 1)),
    seen: (idx, t) => used.has(`${idx}.${t}`) || !used.add(`${idx}.${t}`),
    ...change,
  }
}

const verdict = async (text: string, change: Partial<Policy> = {}): Promise<Code> => (await verify(text, policy(change))).code

afterEach(() => use())

describe.each(['native', 'library'] as const)('with the %s Ed25519', (which) => {
  test('every vector has its code', async () => {
    use(which)
    expect(vectors.cases).toHaveLength(37)
    const p = policy()
    for (const c of vectors.cases) expect([c.Name, (await verify(c.Text, p)).code]).toEqual([c.Name, c.Want])
  })

  test('no edit of a good card is OK, and none throws', async () => {
    use(which)
    const rounds = which === 'native' ? 3000 : 150
    let seed = 7
    const next = (n: number): number => (seed = (seed * 48271) % 2147483647) % n
    const good = [vectors.bound, vectors.printed]
    const glyphs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567.0189*-/:a \n"é\u0000\ud800'
    const codes = new Set<Code>()
    for (let i = 0; i < rounds; i++) {
      const text = good[next(2)]!
      const at = next(text.length)
      const edits = [
        text.slice(0, at) + glyphs[next(glyphs.length)] + text.slice(at + 1),
        text.slice(0, at) + text.slice(at + 1),
        text.slice(0, at) + glyphs[next(glyphs.length)] + text.slice(at),
        text.slice(0, at),
        text.slice(0, at) + text[at]! + text.slice(at),
      ]
      const edit = edits[next(edits.length)]!
      if (good.includes(edit)) continue
      const code = await verdict(edit)
      codes.add(code)
      expect(code, edit).not.toBe('OK')
    }
    expect(codes).toContain('E_SIG')
    expect(codes).toContain('E_FORMAT')
  })
})

test('both implementations agree with each other on odd keys and signatures', async () => {
  for (const [signature, message, k] of [
    [new Uint8Array(64).fill(255), utf8(''), fromB64url(vectors.pub_A7)!],
    [new Uint8Array(3), utf8(''), fromB64url(vectors.pub_A7)!],
  ] as [Bytes, Bytes, Bytes][]) {
    const { verify: check } = await import('./ed25519')
    use('native')
    const first = await check(signature, message, k)
    use('library')
    expect(await check(signature, message, k)).toBe(first)
    expect(first).toBe(false)
  }
})

test('the expansion is exact to the byte', async () => {
  expect((await expand(origin, vectors.bound)).card?.sdJwt).toBe(vectors.bound_sdjwt)
  expect((await expand(origin, vectors.printed)).card?.sdJwt).toBe(vectors.printed_sdjwt)
})

test('bounds are where the contract puts them', async () => {
  const t = 1797000000
  const exp = 20819 * 86400
  const keys = (notAfter: number): Partial<Policy> => ({ keys: parseKeys({ keys: [key('A7', vectors.pub_A7, ['card'], { not_after: notAfter })] })! })
  expect(await verdict(vectors.bound, { now: t + 120 })).toBe('OK')
  expect(await verdict(vectors.bound, { now: t + 121 })).toBe('E_STALE')
  expect(await verdict(vectors.bound, { now: t - 120 })).toBe('OK')
  expect(await verdict(vectors.bound, { now: t - 121 })).toBe('E_CLOCK')
  expect(await verdict(vectors.bound, { now: exp })).toBe('E_EXPIRED')
  expect(await verdict(vectors.bound, { now: exp - 1 })).toBe('E_STALE')
  expect(await verdict(vectors.bound, keys(exp))).toBe('OK')
  expect(await verdict(vectors.bound, keys(exp - 1))).toBe('E_KEY_PERIOD')
  expect(await verdict(vectors.printed, { printed: false })).toBe('E_PRINTED')
  expect(await verdict(vectors.bound, { keys: parseKeys({ keys: [key('A7', vectors.pub_A7, ['print', 'status'])] })! })).toBe('E_SIG')
  expect(await verdict(vectors.bound, { origin: '' })).toBe('E_ORIGIN')
})

test('length is counted in bytes and form comes before the curve', async () => {
  expect(await verdict('é'.repeat(183))).toBe('E_ORIGIN')
  expect(await verdict('é'.repeat(184))).toBe('E_SIZE')
  const off = vectors.cases.find((c) => c.Want === 'E_DEVKEY')!.Text
  expect(await verdict(off.replace('1797000000', '0797000000'))).toBe('E_FORMAT')
  expect(await verdict(vectors.bound + '\n')).toBe('E_FORMAT')
})

test('points come back as the browser has them', async () => {
  for (let i = 0; i < 20; i++) {
    const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])) as CryptoKeyPair
    const jwk = await crypto.subtle.exportKey('jwk', pair.publicKey)
    const x = fromB64url(jwk.x!)!
    const y = fromB64url(jwk.y!)!
    const point = decompress(Uint8Array.of(2 + (y[31]! & 1), ...x))!
    expect([b64url(point.x), b64url(point.y)]).toEqual([jwk.x, jwk.y])
  }
  expect(decompress(Uint8Array.of(2, ...new Array<number>(32).fill(255)))).toBeNull()
  expect(decompress(Uint8Array.of(4, ...new Array<number>(32).fill(1)))).toBeNull()
})

test('spellings have one form only', () => {
  const b = crypto.getRandomValues(new Uint8Array(33))
  expect(fromB64url(b64url(b))).toEqual(b)
  expect(fromBase32(base32(b))).toEqual(b)
  expect(base32(utf8('foobar'))).toBe('MZXW6YTBOI')
  expect(b64url(Uint8Array.of(255, 254, 253))).toBe('__79')
  for (const bad of ['A', 'AB=', 'AB\n', 'A B', 'AAAAA', 'AB']) expect(fromB64url(bad), bad).toBeNull()
  for (const bad of ['A', 'AAA', 'AB', 'ma', 'M1']) expect(fromBase32(bad), bad).toBeNull()
})

test('key sets that are broken are refused whole', () => {
  const good = key('A7', vectors.pub_A7, ['card'])
  expect(parseKeys({ keys: [good, { kty: 'EC', kid: 'A7' }] })?.size).toBe(1)
  for (const bad of [{ kid: 'a7' }, { kid: 'A70' }, { x: 'AA' }, { not_after: 1.5 }, { use_for: 'card' as never }]) {
    expect(parseKeys({ keys: [{ ...good, ...bad }] })).toBeNull()
  }
  expect(parseKeys({ keys: [good, good] })).toBeNull()
  expect(parseKeys({} as never)).toBeNull()
})
