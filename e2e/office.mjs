// The branch office over HTTP: it enters people, hands out codes, looks after
// requests. What it enters about a person occurs nowhere else in the world.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { call, signIn } from './server.mjs'

const syllables = ['ka', 'zu', 'ri', 'mo', 'qe', 'ta', 'wi', 'no', 'xa', 'lu']
const word = (n, length) => Array.from({ length }, (_, i) => syllables[Math.floor(n / 10 ** i) % 10]).join('')
const capital = (text) => text[0].toUpperCase() + text.slice(1)

export class Office {
  static async of(server) {
    const at = server.world.outlets[0].branch_id
    const office = Object.assign(new Office(), { server, url: server.url, branch: at, made: 0 })
    office.officer = await signIn(server, 'branch_officer', { branch_id: at })
    office.supervisor = await signIn(server, 'branch_supervisor', { branch_id: at })
    office.key = server.world.api_keys[0]
    return office
  }

  async ask(method, path, body, key = this.officer, rest = {}) {
    const r = await call(this.url, method, path, { key, body, ...rest })
    assert.ok(r.status < 300, `${method} ${path}: ${r.status} ${r.body?.code} ${JSON.stringify(r.body?.errors ?? '')}`)
    return r.body
  }

  /** person enters somebody new: {id, name, nik, kpj, phone, birthOn}; days is how long the protection lasts from today. */
  async person({ status = 'active', days = 90, phone = true, name } = {}) {
    const n = 7310000 + ++this.made * 137
    const until = new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
    const p = {
      name: name ?? `${capital(word(n, 3))} ${capital(word(n * 7, 4))}`, nik: `7271991704${String(80 + (n % 10))}${String(n % 10_000).padStart(4, '0')}`,
      kpj: `9${String(n * 11).padStart(10, '0')}`, phone: phone ? `+62811${String(n * 13).slice(-8)}` : '', birthOn: `19${80 + (n % 10)}-04-17`,
    }
    const made = await this.ask('POST', '/v1/participants', {
      branch_id: this.branch, region_code: '72.71', id_number: p.nik, name: p.name, birth_on: p.birthOn, ...(phone && { phone: p.phone }),
      membership: { kpj: p.kpj, segment: 'bpu', status, protected_until: until },
    })
    return { ...p, id: made.id }
  }

  /** link is a new activation: {code, url, share_text}; sent: to the phone on record. */
  link = (person, send) => this.ask('POST', `/v1/participants/${person.id}/activation`, send ? { send: true } : undefined)

  /** judge asks the server about a scanned text as a till system does. */
  judge = (text, gross) => this.ask('POST', '/v1/validations', { card: text, gross }, this.key.key)

  /** good asserts that a text is a valid card, wrong that it is not, and why. */
  async good(text) {
    const { verdict, reason, card } = await this.judge(text)
    assert.deepEqual([verdict, reason], ['valid', ''])
    return card
  }

  async wrong(text, why) {
    const { verdict, reason } = await this.judge(text)
    assert.deepEqual([verdict, reason], ['not_valid', why])
  }

  /** messages are what went to a phone so far: {at, to, kind, text}. */
  messages(to) {
    let lines
    try {
      lines = readFileSync(join(this.server.dir, 'messages.jsonl'), 'utf8')
    } catch {
      return [] // nothing was sent yet
    }
    return lines.split('\n').filter(Boolean).map((line) => JSON.parse(line)).filter((m) => m.to === to)
  }
}
