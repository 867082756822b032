// This device's own key: made here, never leaving, and what it signs.
import { b64url, utf8 } from './bytes'

/** keyPair makes a P-256 key that cannot leave the phone, and its public half. */
export async function keyPair(): Promise<{ key: CryptoKey; x: string; y: string }> {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])) as CryptoKeyPair
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return { key: pair.privateKey, x, y }
}

/** signed returns the ES256 signature of a text: 64 bytes. */
export async function signed(key: CryptoKey, text: string): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, utf8(text)))
}

/** sign makes a compact JWS; members stand in the order in which they are given. */
export async function sign(key: CryptoKey, header: object, payload: object): Promise<string> {
  const input = b64url(utf8(JSON.stringify(header))) + '.' + b64url(utf8(JSON.stringify(payload)))
  return input + '.' + b64url(await signed(key, input))
}
