// The texts of the screens that are loaded later.
import { kasir_more } from '../../../internal/words/id.json?more.json'
import { section } from './words'

export const more = (): typeof kasir_more => section('kasir_more', kasir_more)
