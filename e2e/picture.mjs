// Pictures and papers read by decoders that are not ours: zbarimg, and gozxing
// behind the small program in decode/.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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

/** render draws the first page of a PDF as PNG; a part {x, y, width, height} in mm, none: all of it. */
export function render(pdf, part, dpi = 400) {
  const at = mkdtempSync(join(folder(), 'pdf-'))
  writeFileSync(join(at, 'in.pdf'), pdf)
  const dots = (mm) => String(Math.round((mm / 25.4) * dpi))
  const cut = part ? ['-x', dots(part.x), '-y', dots(part.y), '-W', dots(part.width), '-H', dots(part.height)] : []
  execFileSync('pdftoppm', ['-r', String(dpi), '-png', '-f', '1', '-singlefile', ...cut, join(at, 'in.pdf'), join(at, 'page')])
  return readFileSync(join(at, 'page.png'))
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
