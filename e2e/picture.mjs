// Pictures and papers read by decoders that are not ours: zbarimg, and gozxing
// behind the small program in decode/.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const house = fileURLToPath(new URL('..', import.meta.url))
let dir, program

function folder() {
  if (!dir) {
    dir = mkdtempSync(join(tmpdir(), 'berlaku-picture-'))
    process.once('exit', () => rmSync(dir, { recursive: true, force: true }))
  }
  return dir
}

/** gozxing reads a PNG: {text, modules, module, quiet}, the last two in pixels; modules 0: not measured. */
export function gozxing(png) {
  const file = join(folder(), 'picture.png')
  writeFileSync(file, png)
  if (!program) {
    program = join(folder(), 'decode')
    execFileSync('go', ['build', '-o', program, './e2e/decode'], { cwd: house, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return JSON.parse(execFileSync(program, [file], { stdio: ['ignore', 'pipe', 'inherit'] }))
}

/** pages renders a PDF and returns its pages as PNG, dpi dots an inch. */
export function pages(pdf, dpi = 200) {
  const at = mkdtempSync(join(folder(), 'pdf-'))
  writeFileSync(join(at, 'in.pdf'), pdf)
  execFileSync('pdftoppm', ['-r', String(dpi), '-png', join(at, 'in.pdf'), join(at, 'page')])
  return readdirSync(at).filter((name) => name.endsWith('.png')).sort().map((name) => readFileSync(join(at, name)))
}

/** paper returns what pdfinfo says of a PDF: {pages, width, height}, in mm. */
export function paper(pdf) {
  const file = join(folder(), 'paper.pdf')
  writeFileSync(file, pdf)
  const says = execFileSync('pdfinfo', [file]).toString()
  const [, width, height] = says.match(/^Page size:\s+([\d.]+) x ([\d.]+) pts/m)
  const mm = (points) => Math.round((Number(points) * 254) / 72) / 10
  return { pages: Number(says.match(/^Pages:\s+(\d+)/m)[1]), width: mm(width), height: mm(height) }
}
