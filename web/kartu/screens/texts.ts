// The texts of the screens that are loaded later.
import { kartu_more } from '../../../internal/words/id.json?kartu.json'
import { inEnglish } from './words'

export const more = (): typeof kartu_more => inEnglish(kartu_more)
