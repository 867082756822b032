// The places on a map of the coast: no tiles, nothing from outside. Moved with a
// finger or the arrow keys, zoomed with buttons; every dot is a button.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'

import { now } from '../../shared/ui/format'
import { Icon } from '../../shared/ui/ui'
import { coast, height, north, west, width } from './coast'
import { icons } from './icons'
import { phone } from './phone'
import { PlaceCard } from './placecard'
import type { Found } from './promos'
import { more } from './texts'
import type { Point } from './where'
import { fill } from './words'

/** View is the middle of what is seen in units of the coast, and px a unit. */
interface View {
  x: number
  y: number
  k: number
}
interface Size {
  w: number
  h: number
}
interface Dot {
  x: number
  y: number
  found: Found[]
}

const closest = 600 // px a unit: about two metres a pixel
const tools = 56 // px that the zoom buttons take at the right
const near = 44 // px within which places share a button

const at = ({ lat, lon }: Point): { x: number; y: number } => ({ x: (lon - west) * 100, y: (north - lat) * 100 })

const pointed = (found: Found[]): Found[] => found.filter(({ place }) => place.lat !== null && place.lon !== null)

const point = ({ place }: Found): { x: number; y: number } => at({ lat: place.lat ?? 0, lon: place.lon ?? 0 })

/** around fits all points into the view, and not closer than about ten kilometres. */
function around(points: { x: number; y: number }[], { w, h }: Size): View {
  if (!points.length) return { x: width / 2, y: height / 2, k: Math.min(w / width, h / height) }
  const [xs, ys] = [points.map((p) => p.x), points.map((p) => p.y)]
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)]
  const k = Math.min(closest, Math.max(0.3, Math.min((w - 80 - tools) / Math.max(right - left, 9), (h - 80) / Math.max(bottom - top, 9))))
  return { x: (left + right) / 2 + tools / 2 / k, y: (top + bottom) / 2, k }
}

/** dots puts places that would cover each other into one. */
function dots(found: Found[], view: View): Dot[] {
  const out: Dot[] = []
  for (const one of found) {
    const { x, y } = point(one)
    const beside = out.find((dot) => Math.hypot(dot.x - x, dot.y - y) * view.k < near)
    if (beside) beside.found.push(one)
    else out.push({ x, y, found: [one] })
  }
  return out
}

export function PlaceMap({ found, from }: { found: Found[]; from: Point | null }) {
  const m = more().map
  const box = useRef<HTMLDivElement>(null)
  const size = useSize(box)
  const shown = useMemo(() => pointed(found), [found])
  const all = useMemo(() => around(shown.map(point), size), [shown, size])
  const [moved, setMoved] = useState<View | null>(null)
  const [chosen, choose] = useState<Found[]>([])
  useEffect(() => {
    setMoved(null)
    choose([])
  }, [shown])
  const view = moved ?? all
  const zoom = (by: number, x = view.x, y = view.y) => setMoved({ x, y, k: Math.min(closest, Math.max(0.3, view.k * by)) })
  const pan = (dx: number, dy: number) => setMoved({ ...view, x: view.x + dx / view.k, y: view.y + dy / view.k })
  const drag = useDrag(view, setMoved)
  const open = (dot: Dot) => {
    choose(dot.found)
    if (dot.found.length > 1 && view.k < closest) {
      const fit = around(dot.found.map(point), size)
      setMoved({ ...fit, k: Math.max(fit.k, Math.min(closest, view.k * 2)) })
    }
  }
  const keys = (event: KeyboardEvent) => {
    const step: Record<string, () => void> = {
      ArrowLeft: () => pan(-60, 0), ArrowRight: () => pan(60, 0), ArrowUp: () => pan(0, -60), ArrowDown: () => pan(0, 60), '+': () => zoom(1.6), '-': () => zoom(1 / 1.6),
    }
    const move = step[event.key]
    if (move) event.preventDefault()
    move?.()
  }
  const place = (p: { x: number; y: number }) => ({ left: `${(p.x - view.x) * view.k + size.w / 2}px`, top: `${(p.y - view.y) * view.k + size.h / 2}px` })
  const without = found.length - shown.length
  return (
    <section class="map" aria-label={m.label}>
      <div ref={box} class="sea" tabIndex={0} role="group" aria-label={`${m.label} ${m.hint}`} onKeyDown={keys} {...drag}>
        <svg aria-hidden="true" viewBox={`${view.x - size.w / 2 / view.k} ${view.y - size.h / 2 / view.k} ${size.w / view.k || 1} ${size.h / view.k || 1}`}>
          <path d={coast} />
        </svg>
        {from && (
          <span class="me-dot" role="img" aria-label={m.here} style={place(at(from))} />
        )}
        {dots(shown, view).map((dot) => (
          <DotButton key={dot.found[0]!.place.id} dot={dot} style={place(dot)} on={dot.found.some((one) => chosen.includes(one))} onOpen={() => open(dot)} />
        ))}
        <div class="zoom">
          <button type="button" aria-label={m.in} onClick={() => zoom(1.8)}>
            <Icon name="plus" />
          </button>
          <button type="button" aria-label={m.out} onClick={() => zoom(1 / 1.8)}>
            <Icon name={icons.minus} />
          </button>
          <button type="button" aria-label={m.all} onClick={() => setMoved(null)}>
            <Icon name={icons.target} />
          </button>
        </div>
      </div>
      <p class="credit">{m.coast}</p>
      {without > 0 && <p class="hint">{fill(m.without, { n: without })}</p>}
      {chosen.length > 0 && (
        <ul class="places chosen" aria-live="polite">
          {chosen.slice(0, 6).map(({ place: one, km }) => (
            <PlaceCard key={one.id} place={one} km={km} at={now() - phone.state().clock.by} />
          ))}
        </ul>
      )}
    </section>
  )
}

interface DotProps {
  dot: Dot
  style: { left: string; top: string }
  on: boolean
  onOpen: () => void
}

function DotButton({ dot, style, on, onOpen }: DotProps) {
  const several = dot.found.length > 1
  const mine = dot.found.some((one) => one.mine)
  const name = several ? fill(more().map.group, { n: dot.found.length }) : dot.found[0]!.place.name
  return (
    <button type="button" class={`dot-button ${mine ? 'mine' : ''} ${on ? 'on' : ''}`} style={style} aria-label={name} title={name} onClick={onOpen}>
      <span>{several ? dot.found.length : mine ? <Icon name="check" /> : ''}</span>
    </button>
  )
}

function useSize(box: { current: HTMLDivElement | null }): Size {
  const [size, set] = useState<Size>({ w: 320, h: 320 })
  useEffect(() => {
    const sea = box.current!
    const watch = new ResizeObserver(() => set({ w: sea.clientWidth, h: sea.clientHeight }))
    watch.observe(sea)
    return () => watch.disconnect()
  }, [])
  return size
}

const still = 6 // px that a finger may slip and still press a dot

/** useDrag moves the view with a finger or the mouse. */
function useDrag(view: View, onView: (view: View) => void) {
  const held = useRef<{ id: number; x: number; y: number; view: View; moved: boolean } | null>(null)
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button === 0) held.current = { id: event.pointerId, x: event.clientX, y: event.clientY, view, moved: false }
    },
    onPointerMove: (event: PointerEvent) => {
      const grip = held.current
      if (!grip || grip.id !== event.pointerId) return
      const [dx, dy] = [event.clientX - grip.x, event.clientY - grip.y]
      if (!grip.moved && Math.hypot(dx, dy) < still) return
      if (!grip.moved) (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId)
      grip.moved = true
      onView({ ...grip.view, x: grip.view.x - dx / grip.view.k, y: grip.view.y - dy / grip.view.k })
    },
    onPointerUp: () => void (held.current = null),
    onPointerCancel: () => void (held.current = null),
  }
}
