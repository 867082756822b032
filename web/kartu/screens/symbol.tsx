// The code on the screen: pure black on pure white, every module the same whole
// number of the screen's own pixels, so that nothing is blurred.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'

let encode: typeof import('uqr').encode | undefined
const load = () => import('uqr').then((m) => (encode = m.encode))
load().catch(() => undefined) // while the first picture is drawn

/** useEncoder is what makes a symbol, once it is there. */
function useEncoder(): typeof encode {
  const [, redraw] = useState(0)
  useEffect(() => {
    if (!encode) load().then(() => redraw(1), () => undefined)
  }, [])
  return encode
}

interface Props {
  text: string
  label: string
  width: number // CSS px that there is room for
  height: number
}

export function QrCode(props: Props) {
  const make = useEncoder()
  return make ? <Drawn {...props} make={make} /> : null
}

function Drawn({ text, label, width, height, make }: Props & { make: NonNullable<typeof encode> }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const { data, size } = useMemo(() => make(text, { ecc: 'M', border: 4 }), [text])
  const dots = devicePixelRatio || 1
  const room = Math.min(width, height)
  useLayoutEffect(() => {
    if (room <= 0) return
    const pixel = Math.max(1, Math.floor((room * dots) / size))
    draw(canvas.current!, data, pixel)
    canvas.current!.style.width = `${(pixel * size) / dots}px`
  }, [data, room, dots])
  return <canvas ref={canvas} class="symbol" role="img" aria-label={label} />
}

function draw(canvas: HTMLCanvasElement, data: boolean[][], pixel: number): void {
  const side = data.length * pixel
  if (canvas.width !== side) canvas.width = canvas.height = side
  const brush = canvas.getContext('2d', { alpha: false })!
  brush.fillStyle = '#fff'
  brush.fillRect(0, 0, side, side)
  brush.fillStyle = '#000'
  data.forEach((row, y) => row.forEach((dark, x) => dark && brush.fillRect(x * pixel, y * pixel, pixel, pixel)))
}
