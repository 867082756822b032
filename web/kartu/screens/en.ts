// English is a chunk of its own: most phones never load it.
export { kartu, kartu_more } from '../../../internal/words/en.json?kartu.json'
