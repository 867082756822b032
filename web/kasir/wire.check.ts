// Held against the API's own description when types are checked; no code.
import type { components } from '../shared/openapi.gen'
import type { Joined, Redemption, RedeemBody, Validation } from './wire'

type S = components['schemas']
type Fits<Said, Read> = Said extends Read ? true : never

export const fits: [Fits<S['JoinedTill'], Joined>, Fits<S['ValidationBody'], Validation>, Fits<S['RedemptionBody'], Redemption>, Fits<RedeemBody, S['UseBody']>] = [
  true, true, true, true,
]
