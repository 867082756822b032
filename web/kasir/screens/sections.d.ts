// The same file of texts by another name, so that the build puts the sections
// of screens that are loaded later into the parts that are loaded later.
type Texts = typeof import('../../../internal/words/id.json')

declare module '*/id.json?more.json' {
  export const kasir_more: Texts['kasir_more']
}
declare module '*/id.json?owner.json' {
  export const pemilik: Texts['pemilik']
}
