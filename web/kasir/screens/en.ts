// English is a chunk of its own: most tills never load it.
export { kasir, kasir_more, pemilik, reasons } from '../../../internal/words/en.json'
