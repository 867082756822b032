// A participant's phone: puts a card on itself with a code and shows it with a
// proof of any time, after KARTU-1 alone.
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { expand } from './card.mjs'

const b64 = (x) => Buffer.from(x).toString('base64url')

export function base32(bytes) {
  const bits = [...bytes].map((b) => b.toString(2).padStart(8, '0')).join('')
  return bits.match(/.{1,5}/g).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)]).join('')
}

export class Phone {
  /** activate puts a card on a new phone: {id, stored, show}. */
  static async activate(url, code) {
    const phone = new Phone()
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
    const r = await fetch(url + '/v1/activations', {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ code, device_key: { kty, crv, x, y } }),
    })
    if (r.status !== 201) throw new Error(`activation: ${r.status}`)
    const { card, participant_token: token } = await r.json()
    return Object.assign(phone, { key: privateKey, id: card.id, stored: card.text, token })
  }

  get origin() {
    return this.stored.split('/1/')[0].toLowerCase()
  }

  /** name is the masked name as people read it. */
  get name() {
    return this.stored.split('/1/')[1].split('.')[3].replaceAll('-', ' ')
  }

  /** show is the text of the code on the screen at t (Unix seconds). */
  show(t = Math.floor(Date.now() / 1000)) {
    const { jwt } = expand(this.stored, this.origin)
    const hash = createHash('sha256').update(jwt + '~').digest('base64url')
    const input = b64('{"alg":"ES256","typ":"kb+jwt"}') + '.' + b64(`{"iat":${t},"aud":"${this.origin}/till","nonce":"offline","sd_hash":"${hash}"}`)
    return `${this.stored}.${t}.${base32(sign('sha256', Buffer.from(input), { key: this.key, dsaEncoding: 'ieee-p1363' }))}`
  }
}
