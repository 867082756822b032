// What the phone's key does: the proof in the symbol, and proving itself to the server.
import { base32, uuid } from '../shared/bytes'
import { type Card, expand } from '../shared/cardform'
import { sign, signed } from '../shared/device'

const BLANK = base32(new Uint8Array(64))

/** originOf is the issuer's address in a card's text, as it is signed: in lower case. */
export const originOf = (text: string): string => text.slice(0, text.indexOf('/1/')).toLowerCase()

/** formOf takes a stored text apart, or returns null when it is no card of a phone. */
export async function formOf(text: string): Promise<Card | null> {
  const { card } = await expand(originOf(text), text)
  return card?.point && !card.proof ? card : null
}

/**
 * present is the phone's side of KARTU-1: the stored text of six fields with a
 * proof of the second at (Unix) by the phone's key. It throws on a text that is
 * no card of a phone.
 */
export async function present(text: string, key: CryptoKey, at: number): Promise<string> {
  const { card } = await expand(originOf(text), `${text}.${at}.${BLANK}`)
  if (!card?.proof) throw new Error('not a card of a phone')
  return `${text}.${at}.${base32(await signed(key, card.proof.input))}`
}

/** assertion proves to the server which card's phone this is: for a minute, once, for one audience. */
export function assertion(card: string, key: CryptoKey, aud: string, iat: number): Promise<string> {
  return sign(key, { alg: 'ES256', kid: card, typ: 'card-assertion+jwt' }, { iss: card, aud, iat, exp: iat + 60, jti: uuid() })
}
