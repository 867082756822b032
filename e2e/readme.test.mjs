// The README's first five minutes, run as they stand there.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { demo } from './server.mjs'

test('the first five minutes work by copy and paste', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const [, script] = readme.match(/<!-- five minutes -->\n```sh\n([\s\S]*?)```\n<!-- \/five minutes -->/)
  const server = await demo()
  const dir = mkdtempSync(join(tmpdir(), 'berlaku-readme-'))
  try {
    writeFileSync(join(dir, 'demo.json'), JSON.stringify(server.world))
    const here = script.replace('http://127.0.0.1:8080', server.url).replace('./demo/demo.json', './demo.json')
    const out = execFileSync('bash', ['-euo', 'pipefail', '-c', here + '\necho "ID $ID"'], { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] }).toString()
    const lines = out.trim().split('\n')
    const id = lines.at(-1).slice('ID '.length)
    assert.match(id, /^[0-9a-f-]{36}$/)
    assert.equal(lines[0], id, 'the repeated request gave another record')
    const uses = [...out.matchAll(/uses: (\d+)/g)].map((m) => Number(m[1]))
    assert.equal(uses.length, 2)
    assert.equal(uses[1], uses[0] - 1, 'the void did not show in the report')
    assert.match(out, /\nvoided\n/)
  } finally {
    await server.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
