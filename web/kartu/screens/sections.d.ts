// The same files of texts by other names, so that the build puts the sections of
// screens that are loaded later into the parts that are loaded later, and those
// of another app into none.
type Texts = typeof import('../../../internal/words/id.json')

declare module '*/id.json?first.json' {
  export const kartu: Texts['kartu']
}
declare module '*/id.json?kartu.json' {
  export const kartu_more: Texts['kartu_more']
}
declare module '*/en.json?kartu.json' {
  export const kartu: Texts['kartu']
  export const kartu_more: Texts['kartu_more']
}
