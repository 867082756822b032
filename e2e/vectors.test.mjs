// The published vectors, expanded here and verified by jose, a JOSE library
// that shares no code with golang-jwt.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import test from 'node:test'
import { compactVerify, importJWK, jwtVerify } from 'jose'
import { expand } from './card.mjs'

const v = JSON.parse(readFileSync(new URL('../cards/testdata/card-vectors.json', import.meta.url)))
const issuer = { A7: v.pub_A7, P3: v.pub_P3 }
const issuerKey = (kid) => importJWK({ kty: 'OKP', crv: 'Ed25519', x: issuer[kid] }, 'EdDSA')
const options = { algorithms: ['EdDSA'], issuer: 'https://kartu.example', typ: 'dc+sd-jwt', currentDate: new Date(v.now * 1000) }

test('the expansions are the published ones, byte for byte', () => {
  assert.equal(expand(v.bound).text, v.bound_sdjwt)
  assert.equal(expand(v.printed).text, v.printed_sdjwt)
})

test('jose accepts the phone card and the proof of its phone', async () => {
  const e = expand(v.bound)
  const { payload } = await jwtVerify(e.jwt, await issuerKey('A7'), options)
  assert.equal(payload.name, 'BU** SA*****')
  assert.deepEqual({ x: payload.cnf.jwk.x, y: payload.cnf.jwk.y }, { x: e.deviceKey.x, y: e.deviceKey.y })
  const proof = await compactVerify(e.kb, await importJWK(payload.cnf.jwk, 'ES256'), { algorithms: ['ES256'] })
  assert.equal(JSON.parse(new TextDecoder().decode(proof.payload)).aud, 'https://kartu.example/till')
})

test('jose accepts the printed card', async () => {
  const { payload } = await jwtVerify(expand(v.printed).jwt, await issuerKey('P3'), options)
  assert.equal(payload.cnf, undefined)
})

for (const c of v.cases.filter((c) => c.Want === 'E_SIG')) {
  test(`jose refuses ${c.Name}`, async () => {
    const kid = c.Text.split('/1/')[1].slice(0, 2)
    await assert.rejects(jwtVerify(expand(c.Text).jwt, await issuerKey(kid), options))
  })
}

for (const c of v.cases.filter((c) => c.Want === 'E_PROOF')) {
  test(`jose refuses the proof of ${c.Name}`, async () => {
    const e = expand(c.Text)
    await assert.rejects(compactVerify(e.kb, await importJWK(e.deviceKey, 'ES256'), { algorithms: ['ES256'] }))
  })
}
