// A camera for the browser that shows what we want: films of QR codes in plain
// Y4M, drawn by a pin-hole model, and Chromium told to take one as its camera.
import { execFileSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { inflateSync } from 'node:zlib'
import { chromium } from 'playwright-core'
import { encode } from 'uqr'

const W = 1280
const H = 720
const focal = 1.1 * W // pixels: the field of view of a phone
const desk = 112 // grey of what the code lies on

/**
 * How a code is held: tilt and turn in degrees about the horizontal and the
 * vertical axis, roll in the plane; scale is the part of the picture's height
 * that the symbol takes; blur in pixels and noise in grey levels (standard
 * deviations); brightness a factor; invert swaps dark and light.
 */
export const steady = { tilt: 0, turn: 0, roll: 0, scale: 0.55, blur: 0.6, noise: 2, brightness: 1, invert: false }

/** The looks that a decoder has to bear. */
export const looks = {
  clean: {},
  tilt: { tilt: 30, turn: 24, roll: 13, blur: 0.9, noise: 4 },
  blur: { blur: 2.2, noise: 4 },
  noise: { noise: 34, blur: 0.9 },
  dark: { brightness: 0.35, noise: 9, blur: 1 },
  hard: { tilt: 22, turn: 18, roll: 8, blur: 1.6, noise: 16, brightness: 0.75 },
}

const [ink, white] = [22, 235] // grey of what is black and white

/**
 * drawn is a text as a symbol at level M, version 11 at most: what a card may
 * need. The symbol spans -1 to 1, edge is where its quiet zone of four modules ends.
 */
function drawn(text, invert) {
  const { data, size } = encode(text, { ecc: 'M', boostEcc: false, border: 0, maxVersion: 11 })
  const dark = (u, v) => u >= 0 && v >= 0 && u < size && v < size && data[v | 0][u | 0]
  return { edge: 1 + 8 / size, light: (u, v) => (dark(((u + 1) / 2) * size, ((v + 1) / 2) * size) === invert ? white : ink) }
}

/** shown is a screenshot, a square one, which spans -1 to 1. */
function shown(png) {
  const { width, height, grey } = pixels(png)
  const at = (x, length) => Math.min(length - 1, Math.max(0, (((x + 1) / 2) * length) | 0))
  return { edge: 1, light: (u, v) => ink + (grey[at(v, height) * width + at(u, width)] / 255) * (white - ink) }
}

/** pixels reads a PNG of eight bits a colour, as browsers make them: {width, height, grey}. */
export function pixels(png) {
  const parts = []
  let width, height, colours
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    const kind = png.toString('latin1', at + 4, at + 8)
    if (kind === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)))
    if (kind !== 'IHDR') continue
    ;[width, height] = [png.readUInt32BE(at + 8), png.readUInt32BE(at + 12)]
    colours = { 2: 3, 6: 4 }[png[at + 17]]
    if (png[at + 16] !== 8 || !colours || png[at + 20]) throw new Error('not a picture of a browser')
  }
  const raw = inflateSync(Buffer.concat(parts))
  const row = width * colours
  const grey = new Uint8Array(width * height)
  let above = Buffer.alloc(row)
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (row + 1)]
    const line = raw.subarray(y * (row + 1) + 1, (y + 1) * (row + 1))
    for (let i = 0; i < row; i++) {
      const [a, b, c] = [i < colours ? 0 : line[i - colours], above[i], i < colours ? 0 : above[i - colours]]
      line[i] += [0, a, b, (a + b) >> 1, paeth(a, b, c)][filter]
    }
    for (let x = 0; x < width; x++) grey[y * width + x] = (line[x * colours] * 2 + line[x * colours + 1] * 5 + line[x * colours + 2]) >> 3
    above = line
  }
  return { width, height, grey }
}

/** paeth is the last filter of PNG: the neighbour nearest to left + above - corner. */
function paeth(a, b, c) {
  const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)]
  return pa <= pb && pa <= pc ? a : pb <= pc ? b : c
}

/** random draws reproducibly from the normal distribution. */
function random(seed) {
  let s = seed >>> 0
  const next = () => {
    s = (s + 0x6d2b79f5) >>> 0
    let t = Math.imul(s ^ (s >>> 15), 1 | s)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())
}

/** pose returns the function from a pixel to a place on the plane, whose symbol spans -1 to 1. */
function pose({ tilt, turn, roll, scale }, shift) {
  const [a, b, c] = [tilt, turn, roll].map((degrees) => (degrees * Math.PI) / 180)
  const [sa, ca, sb, cb, sc, cc] = [Math.sin(a), Math.cos(a), Math.sin(b), Math.cos(b), Math.sin(c), Math.cos(c)]
  const half = (scale * H) / (2 * focal)
  const right = [cb * cc, sa * sb * cc + ca * sc, -ca * sb * cc + sa * sc].map((x) => x * half)
  const down = [-cb * sc, -sa * sb * sc + ca * cc, ca * sb * sc + sa * cc].map((x) => x * half)
  const centre = [(shift * H) / focal, 0, 1]
  // The ray of a pixel meets centre + u·right + v·down: solved by Cramer's rule.
  const cross = (p, q) => [p[1] * q[2] - p[2] * q[1], p[2] * q[0] - p[0] * q[2], p[0] * q[1] - p[1] * q[0]]
  const dot = (p, q) => p[0] * q[0] + p[1] * q[1] + p[2] * q[2]
  const normal = cross(right, down)
  const du = cross(down, normal)
  const dv = cross(normal, right)
  const area = dot(normal, normal)
  const ray = [0, 0, 1]
  return (x, y) => {
    ray[0] = (x - W / 2) / focal
    ray[1] = (y - H / 2) / focal
    const t = dot(centre, normal) / dot(ray, normal)
    const at = [ray[0] * t - centre[0], ray[1] * t - centre[1], t - centre[2]]
    return [dot(at, du) / area, dot(at, dv) / area]
  }
}

/** exposure draws one scene without noise. */
function exposure(things, look) {
  const luma = new Float32Array(W * H).fill(desk)
  const step = things.length > 1 ? look.scale * 1.35 : 0
  for (const [n, { edge, light: lightAt }] of things.entries()) {
    const place = pose(look, (n - (things.length - 1) / 2) * step)
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const [mu, mv] = place(x + 0.5, y + 0.5)
        if (Math.max(Math.abs(mu), Math.abs(mv)) > edge + 0.02) continue
        let light = 0
        for (let k = 0; k < 9; k++) {
          const [u, v] = place(x + ((k % 3) + 0.5) / 3, y + (((k / 3) | 0) + 0.5) / 3)
          light += Math.max(Math.abs(u), Math.abs(v)) > edge ? desk : lightAt(u, v)
        }
        luma[y * W + x] = light / 9
      }
    }
  }
  return blurred(luma, look.blur)
}

function blurred(luma, sigma) {
  if (!sigma) return luma
  const reach = Math.ceil(sigma * 3)
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-((i - reach) ** 2) / (2 * sigma * sigma)))
  const sum = weights.reduce((a, b) => a + b)
  const pass = (from, step, along, length) => {
    const to = new Float32Array(W * H)
    for (let i = 0; i < W * H; i++) {
      const at = along(i)
      let value = 0
      for (let k = -reach; k <= reach; k++) value += weights[k + reach] * from[i + (Math.min(length - 1, Math.max(0, at + k)) - at) * step]
      to[i] = value / sum
    }
    return to
  }
  return pass(pass(luma, 1, (i) => i % W, W), W, (i) => (i / W) | 0, H)
}

/** frames yields the pictures of a scene: the same code, other noise. */
function* frames({ text = null, texts = text === null ? [] : [text], screen = null, frames: count = 6, ...given }, seed) {
  const look = { ...steady, ...given }
  const still = exposure(screen ? [shown(screen)] : texts.map((text) => drawn(text, look.invert)), look)
  for (let n = 0; n < count; n++) {
    const draw = random(seed * 1000 + n)
    const picture = Buffer.alloc(W * H)
    for (let i = 0; i < W * H; i++) picture[i] = Math.max(0, Math.min(255, Math.round(still[i] * look.brightness + (look.noise ? draw() * look.noise : 0))))
    yield picture
  }
}

/**
 * clip writes a film and returns its path. A scene is {text or texts (side by
 * side) or screen (a square screenshot) or none (the bare desk), frames, …how it
 * is held}; Chromium shows the scenes in turn, fps pictures a second, for ever.
 */
export function clip(path, scenes, { fps = 10 } = {}) {
  const file = openSync(path, 'w')
  const colour = Buffer.alloc((W * H) / 2, 128)
  writeSync(file, `YUV4MPEG2 W${W} H${H} F${fps}:1 Ip A1:1 C420jpeg\n`)
  for (const [n, scene] of [scenes].flat().entries()) {
    for (const picture of frames(scene, n + 1)) {
      writeSync(file, 'FRAME\n')
      writeSync(file, picture)
      writeSync(file, colour)
    }
  }
  closeSync(file)
  return path
}

/** pgm returns the nth picture of a film as a file that zbarimg reads. */
export function pgm(path, n = 0) {
  const film = readFileSync(path)
  const start = film.indexOf('\n') + 1 + n * (6 + W * H * 1.5) + 6
  return Buffer.concat([Buffer.from(`P5 ${W} ${H} 255\n`), film.subarray(start, start + W * H)])
}

/** zbar reads the codes of a picture with a decoder that is not ours. */
export function zbar(picture) {
  try {
    return execFileSync('zbarimg', ['--quiet', '--raw', '-Sdisable', '-Sqrcode.enable', '-'], { input: picture, stdio: ['pipe', 'pipe', 'ignore'] }).toString().split('\n').filter(Boolean)
  } catch {
    return [] // it exits with 4 when it finds nothing
  }
}

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
]

/**
 * launch opens Chromium as a small phone on the folder dir, with a film before
 * its camera; the same dir again is the same phone. Without a clip it has no
 * camera. Everything else goes to Playwright.
 */
export function launch({ clip, dir, args = [], ...options }) {
  const camera = clip ? `--use-file-for-fake-video-capture=${clip}` : '--use-fake-device-for-media-stream=device-count=0'
  return chromium.launchPersistentContext(dir, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    viewport: { width: 360, height: 740 },
    deviceScaleFactor: 2,
    isMobile: true,
    hasTouch: true,
    locale: 'id-ID',
    timezoneId: 'Asia/Makassar',
    permissions: ['camera', 'background-sync'],
    args: [...flags, camera, ...args],
    ...options,
  })
}

/** throttle slows the page's processor by a factor and its network to kbit/s with ms of delay. */
export async function throttle(page, { cpu = 1, kbits = 0, latency = 0 } = {}) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Emulation.setCPUThrottlingRate', { rate: cpu })
  const rate = kbits ? (kbits * 1000) / 8 : -1
  await cdp.send('Network.enable')
  await cdp.send('Network.emulateNetworkConditions', { offline: false, latency, downloadThroughput: rate, uploadThroughput: rate })
  return cdp
}

/** kill ends the browser of a folder at once, as when the battery is taken out; it resolves when nothing of it runs. */
export async function kill(dir) {
  const own = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(`--user-data-dir=${dir}`)
    } catch {
      return false // it has ended
    }
  })
  for (let pids = own(); pids.length; pids = own()) {
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // it has ended
      }
    }
    await new Promise((done) => setTimeout(done, 20))
  }
}
