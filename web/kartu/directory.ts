// Where promos are: all pages of the directory, each with its ETag, so that
// what has not changed is not fetched again. Everybody's, not only this person's.
import type { Core } from './core'
import type { Server } from './server'
import type { Want } from './shelf'
import type { Listing, Page } from './wire'

const MOST = 2000 // outlets that are kept
const SIZE = 100 // of a page

interface Leaf {
  etag: string
  items: Listing[]
  next: string
}

/** Directory is what is kept: its pages in their order, and of which part of the country. */
export interface Directory {
  region: string
  leaves: Leaf[]
}

export const listings = (d: Directory): Listing[] => d.leaves.flatMap((leaf) => leaf.items)

/** directory is of the province of the person's branch where that is known, else of the whole country. */
export const directory = (core: Core, server: Server): Want<Directory> => ({
  name: 'directory', fresh: 900,
  fits: (had) => had.region === regionOf(core),
  fetch: async (had) => {
    const region = regionOf(core)
    const known = had?.region === region ? had.leaves : []
    const leaves: Leaf[] = []
    for (let cursor = ''; leaves.length * SIZE < MOST; ) {
      const before = known[leaves.length]
      // The page is the same question only where the one before it led here too.
      const same = leaves.length === 0 || known[leaves.length - 1]?.next === cursor
      const leaf = await page(server, region, cursor, same ? before : undefined)
      if (!leaf) return null
      leaves.push(leaf)
      if (!(cursor = leaf.next)) break
    }
    return { region, leaves }
  },
})

async function page(server: Server, region: string, cursor: string, before: Leaf | undefined): Promise<Leaf | null> {
  const query = `?limit=${SIZE}${region && `&region=${region}`}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
  const a = await server.call<Page<Listing>>('GET', '/v1/directory' + query, before ? { headers: { 'If-None-Match': before.etag } } : {})
  if (a.status === 304 && before) return before
  return a.data && { etag: a.etag, items: a.data.items, next: a.data.next_cursor }
}

/** regionOf is the province of the person's branch; '' when there is none, or more than one. */
function regionOf(core: Core): string {
  const all = new Set(core.status?.value.branch.region_codes?.map((code) => code.slice(0, 2)))
  return all.size === 1 ? [...all][0]! : ''
}
