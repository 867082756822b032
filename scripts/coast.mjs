// Makes the coast line of Central Sulawesi for the map of the console:
//   npm i world-atlas@2.0.2 topojson-client@3 && node scripts/coast.mjs node_modules > console/reports/coast.txt
// Source: world-atlas 2.0.2, land-10m.json (ISC), made from Natural Earth 1:10m
// land, which is in the public domain. The land is clipped to the box below and
// thinned to about 300 m. Each line is one SVG path in the box's coordinates:
// x = (longitude - west) * scale, y = (north - latitude) * scale.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const from = resolve(process.argv[2] ?? 'node_modules')
const { feature } = createRequire(join(from, 'x.js'))('topojson-client')
const land = JSON.parse(readFileSync(join(from, 'world-atlas/land-10m.json')))
const box = { west: 119.3, east: 124.2, south: -3.75, north: 1.55 }
const scale = 100
const thin = 0.3 // in units of the picture

// Sutherland and Hodgman: cut a ring at one side of the box after the other.
const sides = [
  [(p) => p[0] >= box.west, (a, b) => cross(a, b, 0, box.west)],
  [(p) => p[0] <= box.east, (a, b) => cross(a, b, 0, box.east)],
  [(p) => p[1] >= box.south, (a, b) => cross(a, b, 1, box.south)],
  [(p) => p[1] <= box.north, (a, b) => cross(a, b, 1, box.north)],
]
function cross(a, b, axis, at) {
  const t = (at - a[axis]) / (b[axis] - a[axis])
  return [a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])]
}
function clip(ring) {
  for (const [inside, meet] of sides) {
    const out = []
    for (let i = 0; i < ring.length; i++) {
      const a = ring[(i + ring.length - 1) % ring.length]
      const b = ring[i]
      if (inside(b)) {
        if (!inside(a)) out.push(meet(a, b))
        out.push(b)
      } else if (inside(a)) out.push(meet(a, b))
    }
    ring = out
    if (!ring.length) return ring
  }
  return ring
}
const shape = feature(land, land.objects.land)
for (const f of shape.features ?? [shape]) {
  const polygons = f.geometry.type === 'Polygon' ? [f.geometry.coordinates] : f.geometry.coordinates
  for (const polygon of polygons) {
    for (const ring of polygon) {
      const points = clip(ring.slice(0, -1)).map(([x, y]) => [(x - box.west) * scale, (box.north - y) * scale])
      let last = [-1e9, -1e9]
      const kept = points.filter((p) => {
        const far = Math.hypot(p[0] - last[0], p[1] - last[1]) >= thin
        if (far) last = p
        return far
      })
      if (kept.length > 3) console.log('M' + kept.map(([x, y]) => `${+x.toFixed(1)} ${+y.toFixed(1)}`).join('L') + 'Z')
    }
  }
}
