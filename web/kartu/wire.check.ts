// Held against the API's own description when types are checked; no code.
import type { components } from '../shared/openapi.gen'
import type * as W from './wire'

type S = components['schemas']
type Fits<Said, Read> = Said extends Read ? true : never

export const fits: [
  Fits<S['Activated'], W.Activated>, Fits<S['OwnCard'], W.OwnCardText>, Fits<S['OwnStatus'], W.Status>, Fits<S['NoticeBody'], W.WireNotice>,
  Fits<S['OfListingBody'], W.Page<W.Listing>>, Fits<S['ForMeList'], W.ForMe>, Fits<S['OfOwnUse'], W.Page<W.WireUse>>, Fits<S['SavingsBody'], W.Savings>,
  Fits<S['ListOfWishBody'], { items: W.WireWish[] }>, Fits<S['ListOfHeldCard'], { items: W.WireCard[] }>, Fits<S['OfOwnRequest'], W.Page<W.WireRequest>>,
  Fits<S['OfOwnAccess'], W.Page<W.WireAccess>>, Fits<S['OwnData'], W.WireData>,
] = [true, true, true, true, true, true, true, true, true, true, true, true, true]
