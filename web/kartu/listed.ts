// What the issuer's public status list says of this phone's card. Asked only
// when the server does not know the phone any more.
import type { Call } from '../shared/api'
import { SHARD } from '../shared/cardform'
import type { Clock } from '../shared/clock'
import { type JWK, parseKeys } from '../shared/keys'
import { readStatus, statusAt } from '../shared/statuslist'
import { formOf, originOf } from './keys'

const REVOKED = 1

/** revoked reports whether a signed list says that the card with this text is over for ever; null: no list came. */
export async function revoked(text: string, call: Call, clock: Clock): Promise<boolean | null> {
  const card = await formOf(text)
  if (!card) return false
  const shard = Math.floor(card.idx / SHARD)
  const [keys, list] = await Promise.all([call<{ keys: JWK[] }>('GET', '/.well-known/jwks.json'), call<string>('GET', `/s/${shard}`)])
  if (!keys.data || typeof list.data !== 'string') return null
  const known = parseKeys(keys.data)
  const signed = known && (await readStatus(list.data, originOf(text), shard, known, clock.now()))
  return !!signed && statusAt(signed, card.idx) === REVOKED
}
