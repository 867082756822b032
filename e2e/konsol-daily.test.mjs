// The days of those who sit at the console, in a real browser: from the first
// page to what came of it, as the person on the other side sees it.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, randomUUID, verify } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { explained, seconds, until } from './kasir.mjs'
import { accountOf, desk, examine, launch, totp } from './konsol.mjs'
import { Office } from './office.mjs'
import { Phone } from './phone.mjs'
import { call, demo, signIn } from './server.mjs'
import { Till } from './till.mjs'

const binary = process.env.BERLAKU_BIN ?? fileURLToPath(new URL('../bin/berlaku', import.meta.url))
const palu = { branch_id: '01890000-0000-7000-8000-000000000001' }
const donggala = { branch_id: '01890000-0000-7000-8000-000000000002' }

let server, browser, office, dir
before(async () => {
  server = await demo()
  browser = await launch()
  office = await Office.of(server)
  dir = mkdtempSync(join(tmpdir(), 'berlaku-daily-'))
})
after(async () => {
  await browser?.close()
  await server?.stop()
  if (dir) rmSync(dir, { recursive: true, force: true })
})

const open = []
/** at opens the desk of a role; whoever sits there agrees when they are asked back. */
async function at(role, scope = {}, options = {}) {
  const page = await desk(browser, server, role, { scope, ...options })
  page.on('dialog', (d) => d.accept())
  open.push(page)
  return page
}

/** journey is a test that says what was on the screens where it failed. */
const journey = (name, work) => test(name, async () => {
  try {
    await work()
  } catch (fault) {
    for (const page of open) await explained(page, () => Promise.reject(fault)).catch(() => {}) // adds to what it says
    throw fault
  } finally {
    for (const page of open.splice(0)) await page.context().close()
  }
})

const go = (page, path) => page.goto(server.url + path)
const press = (page, name, exact = true) => page.getByRole('button', { name, exact }).click()
const follow = (page, name, exact = true) => page.getByRole('link', { name, exact }).click()
const sees = (page, text) => page.locator('main').getByText(text).first().waitFor()
const heading = (page, name) => page.getByRole('heading', { name }).first().waitFor()
const figure = (page, name) => page.locator('.figure', { has: page.getByText(name, { exact: true }) }).locator('dd').first().innerText()
const fact = (page, name) => page.locator('dl.facts dt', { hasText: name }).locator('xpath=following-sibling::dd[1]').first().innerText()

/** file is what a click brings down: its name and its bytes. */
async function file(page, click) {
  const [download] = await Promise.all([page.waitForEvent('download'), click()])
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) }
}

/** proves says once more who sits there and returns to a page of the console. */
async function proves(page, role, scope, path) {
  await go(page, `/konsol/konfirmasi?next=${encodeURIComponent(path)}`)
  await page.getByLabel('Kata sandi').fill(accountOf(server, role, scope).password)
  await press(page, 'Konfirmasi')
  await page.waitForURL(server.url + path)
}

/** seeks looks for somebody by a number or code and returns how many are found. */
async function seeks(page, what) {
  await go(page, '/konsol/peserta')
  await page.getByRole('searchbox').fill(what)
  await page.getByRole('searchbox').press('Enter')
  await page.locator('.lead', { hasText: /^\s*(Ditemukan|Tidak ditemukan)\./ }).waitFor()
  return page.locator('main table tbody tr').count()
}

/** parse reads CSV of a known separator with quotes. */
function parse(text, separator = ',') {
  const rows = [[]]
  let cell = '', quoted = false
  for (const c of [...text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n')]) {
    if (quoted ? c !== '"' : c !== '"' && c !== separator && c !== '\n') cell += c
    else if (c === '"') {
      if (!quoted && rows.at(-1).justQuoted) cell += '"'
      rows.at(-1).justQuoted = quoted
      quoted = !quoted
      continue
    } else {
      rows.at(-1).push(cell)
      cell = ''
      if (c === '\n') rows.push([])
    }
    rows.at(-1).justQuoted = false
  }
  if (cell) rows.at(-1).push(cell)
  return rows.filter((row) => row.length).map((row) => [...row])
}

const upload = async (page, name, text) => {
  await go(page, '/konsol/impor/baru')
  const branch = page.getByLabel('Cabang', { exact: true })
  if (await branch.count()) await branch.selectOption(palu.branch_id)
  await page.getByLabel('Berkas CSV atau XLSX').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
  await press(page, 'Unggah dan cocokkan kolom')
  await heading(page, 'Cocokkan kolom')
  return new URL(page.url()).pathname
}

journey('a list with faults: named by row and column, corrected, published by a second person, found, undone', async () => {
  const officer = await at('branch_officer', palu)
  const boss = await at('branch_supervisor', palu)
  const people = ['Ratna Teluk', 'Surya Teluk', 'Tirta Teluk', 'Umar Teluk'].map((name, i) => ({ name, nik: `727199120389${7001 + i}`, kpj: `8${String(4_410_000_017 + i)}` }))
  const row = ({ name, nik, kpj }, segment = 'bpu') => [nik, name, kpj, segment, 'aktif', '31/12/2026'].join(';')
  const list = ['Nomor penduduk warga;nama;kpj;segmen;status;perlindungan_sampai', row(people[0]), row({ ...people[1], nik: '7,27E+15' }), row({ ...people[2], kpj: '12' }), row(people[3], 'petani')]
  await upload(officer, 'daftar-teluk.csv', list.join('\n') + '\n')
  const which = officer.getByLabel('NIK / nomor identitas')
  assert.equal(await which.inputValue(), '', 'a heading that nobody knows is guessed')
  await which.selectOption({ label: 'Nomor penduduk warga' })
  await press(officer, 'Periksa tanpa menyimpan')
  await heading(officer, 'Baris pertama')
  const faults = await officer.getByRole('region', { name: 'Baris pertama yang salah' }).locator('tbody tr').evaluateAll((all) => all.map((tr) => [...tr.cells].slice(0, 2).map((td) => td.textContent.trim())))
  assert.deepEqual(faults, [['3', 'NIK / nomor identitas'], ['4', 'Nomor KPJ'], ['5', 'Segmen']])
  assert.deepEqual([await figure(officer, 'Akan baru'), await figure(officer, 'Baris salah')], ['1', '3'])
  for (const p of people) assert.ok(!(await officer.content()).includes(p.name), 'the page shows who is in the list')
  assert.equal(await officer.getByRole('button', { name: 'Terbitkan', exact: true }).count(), 0)
  const first = new URL(officer.url()).pathname
  await proves(officer, 'branch_officer', palu, first)
  const { bytes } = await file(officer, () => follow(officer, 'Unduh CSV'))
  const text = bytes.toString()
  const separator = text.split('\n')[0].includes(';') ? ';' : ','
  const [head, ...wrong] = parse(text, separator)
  assert.equal(wrong.length, 3)
  assert.ok(head.some((h) => h === 'kesalahan') && wrong.every((cells) => cells[head.indexOf('kesalahan')]), text.split('\n')[0])
  const put = (i, column, value) => (wrong[i][head.indexOf(column)] = value)
  put(0, 'Nomor penduduk warga', people[1].nik)
  put(1, 'kpj', people[2].kpj)
  put(2, 'segmen', 'pu')
  await press(officer, 'Batalkan impor')
  await sees(officer, 'Dibatalkan')

  const corrected = [head, ...wrong].map((cells) => cells.map((c) => `"${c.replaceAll('"', '""')}"`).join(separator)).join('\r\n')
  const run = await upload(officer, 'daftar-teluk-benar.csv', corrected)
  assert.equal(await officer.getByLabel('NIK / nomor identitas').locator('option:checked').innerText(), 'Nomor penduduk warga', 'the choice of the branch is not remembered')
  await press(officer, 'Periksa tanpa menyimpan')
  await sees(officer, 'beri tahu mereka')
  assert.deepEqual([await figure(officer, 'Akan baru'), await figure(officer, 'Baris salah')], ['3', '0'])
  assert.equal(await seeks(boss, people[1].kpj), 0, 'a check stores nothing')
  await go(boss, run)
  await press(boss, 'Terbitkan')
  await heading(boss, 'Ternyata berkas yang keliru?')
  assert.deepEqual([await figure(boss, 'Baris dibaca'), await figure(boss, 'Baru'), await figure(boss, 'Baris salah')], ['3', '3', '0'])
  for (const p of people.slice(1)) assert.equal(await seeks(officer, p.kpj), 1)
  assert.equal(await seeks(officer, people[1].nik), 1)

  await proves(boss, 'branch_supervisor', palu, run)
  await follow(boss, 'Lihat akibat mengurungkan')
  assert.equal(await fact(boss, 'Peserta dihapus kembali'), '3')
  assert.equal(await seeks(officer, people[1].kpj), 1, 'to look at what undoing does undoes nothing')
  await press(boss, 'Urungkan sekarang')
  await sees(boss, /Diurungkan: 3 peserta/)
  for (const p of people.slice(1)) assert.equal(await seeks(officer, p.kpj), 0)
})

journey('from a search to a revoked card in four clicks; the till says no', async () => {
  const page = await at('branch_officer', palu)
  const p = await office.person()
  const phone = await Phone.activate(server.url, (await office.link(p)).code)
  await office.good(phone.show())
  assert.equal(await seeks(page, p.kpj), 1)
  await page.locator('main table tbody a').click()
  const code = (await page.locator('#kartu tbody tr').first().locator('code').innerText()).replace(/\W/g, '')
  let clicks = 0
  const click = (what) => {
    clicks++
    return what.click()
  }
  await go(page, '/konsol/peserta')
  await page.keyboard.press('/')
  await page.keyboard.type(code)
  await page.keyboard.press('Enter')
  await sees(page, 'Ditemukan.')
  await click(page.locator('main table tbody a'))
  await click(page.getByRole('link', { name: /^Cabut kartu/ }).first())
  await click(page.getByLabel('Alasan'))
  await page.getByLabel('Alasan').selectOption('lost')
  await click(page.getByRole('button', { name: 'Ya, cabut kartu ini' }))
  await page.locator('#kartu').getByText('Dicabut').waitFor()
  assert.ok(clicks <= 4, `${clicks} clicks`)
  await office.wrong(phone.show(), 'card_revoked')
})

/** used is a use of a new person at the outlet of the office's key: {id, phone}. */
async function used(number = 'N' + randomUUID().slice(0, 8), person) {
  const phone = await Phone.activate(server.url, (await office.link(person ?? (await office.person()))).code)
  const promo = server.world.benefits.find((b) => b.partner_id === office.key.partner_id && b.kind === 'percent' && !b.limits.total_count)
  const made = await office.ask('POST', '/v1/redemptions', { card: phone.show(), benefit_id: promo.id, gross: 80_000, receipt_number: number }, office.key.key, { idempotency: randomUUID() })
  assert.equal(made.outcome, 'granted')
  return { id: made.id, phone }
}

const unread = async (page) => Number((await page.locator('a.bell').getAttribute('aria-label')).match(/\d+/)?.[0] ?? 0)

journey('a dispute from the phone: the bell, the list, one decision with a reason, told to the participant', async () => {
  const [boss, admin] = [await at('branch_supervisor', palu), await at('programme_admin')]
  await go(boss, '/konsol/pemberitahuan')
  if (await unread(boss)) await press(boss, 'Tandai semua dibaca')
  await sees(boss, 'Semua sudah dibaca.')
  const { id, phone } = await used()
  const mine = async () => (await office.ask('GET', '/v1/my/uses', undefined, phone.token)).items.find((u) => u.id === id)
  const said = await office.ask('POST', `/v1/my/uses/${id}/dispute`, { reason: 'not_me' }, phone.token)
  assert.deepEqual([said.state, said.dispute.reason, said.dispute.decision], ['disputed', 'not_me', undefined])
  await until('the bell', async () => {
    await boss.reload()
    return unread(boss)
  })
  await go(boss, '/konsol/pemberitahuan?baru=1')
  await boss.locator('.notices li', { hasText: /sanggah/i }).first().getByRole('button', { name: /^Buka/ }).click()
  await boss.waitForURL(`${server.url}/konsol/penggunaan/${id}`)
  await go(boss, '/konsol/keputusan?jenis=dispute')
  const line = boss.locator('tr', { has: boss.locator(`a[href="/konsol/penggunaan/${id}"]`) })
  assert.match(await line.innerText(), /Bukan saya yang memakai/)
  await go(admin, `/konsol/penggunaan/${id}`)
  await line.locator('a').click()
  await press(boss, 'Sahkan penggunaan')
  assert.equal(await boss.getByLabel('Alasan', { exact: true }).first().evaluate((e) => e.validity.valueMissing), true, 'decided without a reason')
  await boss.getByLabel('Alasan', { exact: true }).first().fill('Nota dan rekaman kasir cocok')
  await press(boss, 'Sahkan penggunaan')
  await sees(boss, 'Keputusan disimpan.')
  await sees(boss, 'Nota dan rekaman kasir cocok')
  const told = await mine()
  assert.deepEqual([told.state, told.dispute.decision], ['upheld', 'uphold'])
  await admin.getByLabel('Alasan', { exact: true }).first().fill('Terlambat')
  await press(admin, 'Kembalikan')
  await admin.locator('main [role=alert]').first().waitFor()
  assert.deepEqual([(await mine()).state, (await mine()).dispute.decision], ['upheld', 'uphold'])
  await go(boss, '/konsol/keputusan?jenis=dispute')
  assert.equal(await line.count(), 0)
})

/** till joins the office's outlet and holds its bundle. */
async function till() {
  const owner = await signIn(server, 'partner_owner', { partner_id: office.key.partner_id })
  const t = new Till(server.url)
  const made = await office.ask('POST', `/v1/outlets/${office.key.outlet_id}/enrolments`, undefined, owner)
  await t.join(made.code)
  await office.ask('POST', `/v1/tills/${t.id}/confirm`, undefined, owner)
  assert.equal((await t.token()).status, 200)
  assert.equal((await t.bundle()).status, 200)
  return t
}

journey('offline tills hand in one too many and one of an impossible time: both are decided, the refusal has its reason', async () => {
  const boss = await at('branch_supervisor', palu)
  const [s, t] = [await till(), await till()]
  const [p, q] = [await Phone.activate(server.url, (await office.link(await office.person())).code), await Phone.activate(server.url, (await office.link(await office.person())).code)]
  const promo = server.world.benefits.find((b) => b.partner_id === office.key.partner_id && b.kind === 'percent' && !b.limits.total_count).id
  const handed = async (of, ...items) => (await of.batch(items)).body.results
  const now = seconds()
  const both = [...(await handed(t, t.use(p.show(now - 30), promo, 50_000))), ...(await handed(s, s.use(p.show(now), promo, 50_000)))]
  const over = both.find((r) => r.flags.includes('over_limit'))
  const past = now - 8 * 86_400
  const [aside] = await handed(t, t.use(q.show(past), promo, 30_000, { occurred_at: past, scanned_at: past }))
  assert.deepEqual([aside.reason, aside.flags], ['clock_untrusted', ['quarantined']])

  await go(boss, '/konsol/keputusan?jenis=over_limit')
  await boss.locator('tr', { has: boss.locator(`a[href="/konsol/penggunaan/${over.id}"]`) }).getByRole('checkbox').check()
  await press(boss, 'Terima yang dipilih…')
  await heading(boss, 'Terima sekaligus')
  assert.equal(await figure(boss, 'Penggunaan'), '1')
  await boss.getByLabel('Alasan, untuk semuanya').fill('Dua kasir tanpa jaringan, peserta tidak tahu')
  await press(boss, 'Ya, terima semuanya')
  await boss.waitForURL(/\/konsol\/keputusan/)
  await heading(boss, 'Perlu keputusan')
  assert.equal(await boss.locator(`a[href="/konsol/penggunaan/${over.id}"]`).count(), 0)
  await go(boss, `/konsol/penggunaan/${over.id}`)
  await sees(boss, 'Dua kasir tanpa jaringan, peserta tidak tahu')

  await go(boss, '/konsol/keputusan?jenis=quarantined')
  await boss.locator(`a[href="/konsol/penggunaan/${aside.id}"]`).click()
  await boss.getByLabel('Alasan', { exact: true }).first().fill('Jam mesin kasir keliru')
  await press(boss, 'Tolak')
  await sees(boss, 'Keputusan disimpan.')
  await go(boss, '/konsol/keputusan?jenis=quarantined')
  assert.equal(await boss.locator(`a[href="/konsol/penggunaan/${aside.id}"]`).count(), 0)
  await go(boss, '/konsol/tolakan')
  const reasons = boss.getByRole('region', { name: 'Penolakan menurut alasan' })
  const line = reasons.locator('tr', { hasText: 'clock_untrusted' })
  assert.ok(Number((await line.locator('td').first().innerText()).trim()) >= 1)
  assert.ok((await line.locator('th a').innerText()).length > 10, 'a reason without words')
  await line.locator('td a').first().click()
  await boss.locator(`a[href="/konsol/penggunaan/${aside.id}"]`).waitFor()
})

journey('an erasure: prepared by one, approved by another after a proof, gone from the search', async () => {
  const [boss, officer, dpo] = [await at('branch_supervisor', palu), await at('branch_officer', palu), await at('data_protection_officer')]
  const p = await office.person()
  assert.equal(await seeks(officer, p.kpj), 1)
  await go(boss, `/konsol/peserta/${p.id}`)
  await boss.getByText('Catat permintaan di loket').click()
  await boss.getByLabel('Yang diminta').selectOption('erase')
  await boss.getByLabel('Kata peserta').fill('Ingin datanya dihapus')
  await press(boss, 'Catat')
  await heading(boss, 'Penghapusan data')
  const path = new URL(boss.url()).pathname
  await sees(boss, 'Ingin datanya dihapus')
  await press(boss, 'Siap dihapus')
  await sees(boss, 'Anda yang menyiapkan penghapusan ini')
  assert.equal(await boss.getByRole('button', { name: 'Hapus data untuk selamanya' }).count(), 0)
  await go(officer, path)
  assert.equal(await officer.getByRole('button', { name: 'Hapus data untuk selamanya' }).count(), 0)

  await go(dpo, `/konsol/konfirmasi?next=${encodeURIComponent(path)}`)
  await dpo.getByLabel('Kata sandi').fill('bukan kata sandinya 4711')
  await press(dpo, 'Konfirmasi')
  await dpo.locator('main [role=alert]').first().waitFor()
  await proves(dpo, 'data_protection_officer', {}, path)
  await press(dpo, 'Hapus data untuk selamanya')
  assert.equal(await dpo.getByLabel('Saya yakin').evaluate((e) => e.validity.valueMissing), true, 'erased without a tick')
  await dpo.getByLabel('Saya yakin').check()
  await press(dpo, 'Hapus data untuk selamanya')
  await sees(dpo, 'Data peserta dihapus untuk selamanya.')
  await go(dpo, path)
  await sees(dpo, 'Sudah dihapus')
  for (const number of [p.kpj, p.nik]) assert.equal(await seeks(officer, number), 0)
  assert.equal((await go(officer, `/konsol/peserta/${p.id}`)).status(), 404)
})

journey('the auditor: filters, verifies, takes a checkpoint and a proof home and checks them there', async () => {
  const page = await at('auditor')
  await go(page, '/konsol/audit')
  await page.getByLabel('Tindakan').fill('benefit')
  await page.getByLabel('Tindakan').press('Enter')
  await page.waitForURL(/aksi=benefit/)
  const actions = await page.locator('main tbody td:nth-of-type(2)').allInnerTexts()
  assert.ok(actions.length > 0 && actions.every((a) => a.trim().startsWith('benefit')), actions.join(' '))
  const first = await page.locator('main tbody th a').first().getAttribute('href')

  await go(page, '/konsol/audit')
  await press(page, 'Verifikasi sekarang')
  await page.locator('#run .note.good', { hasText: /catatan, semuanya utuh/ }).waitFor({ timeout: 60_000 })

  await go(page, '/konsol/audit/titik')
  const key = (await file(page, () => follow(page, 'Unduh kunci'))).bytes.toString().trim()
  const published = execFileSync(binary, ['audit', 'key'], { env: { ...process.env, BERLAKU_DATA_DIR: server.dir, BERLAKU_KEY_DIR: join(server.dir, 'keys') } }).toString().trim()
  assert.equal(key, published, 'the page gives another key than the command')
  const { bytes } = await file(page, () => page.locator('main tbody th a').first().click())
  const note = bytes.toString()
  const [text, signature] = note.split('\n\n— ').map((part, i) => (i ? part.trim() : part + '\n'))
  const [name, hash, ...rest] = key.split('+')
  const raw = Buffer.from(rest.join('+'), 'base64')
  const [signer, sealed] = signature.split(' ')
  const seal = Buffer.from(sealed, 'base64')
  assert.deepEqual([signer, seal.subarray(0, 4).toString('hex'), raw[0], text.split('\n')[0]], [name, hash, 1, name])
  const ed25519 = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: raw.subarray(1).toString('base64url') }, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(text), ed25519, seal.subarray(4)), 'the signature of the checkpoint does not hold')
  assert.ok(!verify(null, Buffer.from(text.replace(/\n(\d+)\n/, (_, n) => `\n${Number(n) + 1}\n`)), ed25519, seal.subarray(4)))

  await go(page, first)
  await sees(page, 'Isi catatan cocok dengan sidik jarinya.')
  const proof = await file(page, () => follow(page, 'Unduh bukti'))
  const [held, keys] = [join(dir, proof.name), join(dir, 'kunci-audit.txt')]
  writeFileSync(held, proof.bytes)
  writeFileSync(keys, key + '\n')
  const check = () => execFileSync(binary, ['audit', 'prove-check', held, '--key', keys], { stdio: 'pipe', env: { PATH: process.env.PATH } }).toString()
  assert.match(check(), /stands in the log of \d+ entries/)
  const told = JSON.parse(proof.bytes)
  const [path, entry] = [told.path.map((hash) => Buffer.from(hash, 'base64')), Buffer.from(told.entry, 'base64')]
  path[0][7] ^= 1
  entry.write('x', entry.indexOf('benefit')) // another action, of the same length
  for (const altered of [{ path: path.map((hash) => hash.toString('base64')) }, { entry: entry.toString('base64') }]) {
    writeFileSync(held, JSON.stringify({ ...told, ...altered }))
    assert.throws(check, `a proof with another ${Object.keys(altered)} holds`)
  }
})

/** signsIn goes through the sign-in pages, with a code where the account has an authenticator. */
async function signsIn(page, account, secret, at) {
  await go(page, '/konsol/masuk')
  await page.getByLabel('E-mail').fill(account.email)
  await page.getByLabel('Kata sandi').fill(account.password)
  await press(page, 'Masuk')
  if (!secret) return page.locator('header a.me').waitFor()
  await page.getByLabel('Kode').fill(totp(secret, at))
  await press(page, 'Lanjut')
  return page.locator('header a.me').waitFor()
}

journey('without JavaScript: an authenticator, signing in, reports, a preview, a file that no spreadsheet runs', async () => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', javaScriptEnabled: false })
  context.setDefaultTimeout(20_000)
  const page = await context.newPage()
  open.push(page)
  const account = accountOf(server, 'branch_supervisor', donggala)
  await signsIn(page, account)
  await go(page, '/konsol/akun/faktor-kedua')
  await press(page, 'Siapkan aplikasi')
  const secret = (await page.locator('#rahasia').innerText()).trim()
  await page.getByLabel('Enam angka yang tampil').fill(totp(secret))
  await press(page, 'Aktifkan')
  account.totp_secret = secret
  const codes = (await page.locator('#kode').innerText()).split('\n').filter(Boolean)
  assert.equal(codes.length, 10)
  await follow(page, 'Sudah saya simpan')
  await press(page, 'Keluar')
  await signsIn(page, account, secret, Date.now() + 30_000) // a code works once: that of the next half minute

  await go(page, '/konsol/laporan/penggunaan')
  await page.getByLabel('Periode').selectOption({ index: 1 })
  await press(page, 'Tampilkan')
  const one = await page.locator('p.hint', { hasText: 'Ditampilkan' }).innerText()
  await page.getByLabel('Dari').fill('2026-03-01')
  await page.getByLabel('Sampai').fill('2026-03-31')
  await press(page, 'Tampilkan')
  const two = await page.locator('p.hint', { hasText: 'Ditampilkan' }).innerText()
  assert.notEqual(one, two)
  assert.match(two, /Mar/)

  const partner = server.world.outlets.find((o) => o.branch_id === donggala.branch_id).partner_id
  await go(page, `/konsol/mitra/${partner}/promo/baru`)
  await page.locator('a[href*="contoh="]').first().click()
  await page.getByLabel('Nilai (persen atau rupiah)').fill('25')
  await press(page, 'Pratinjau')
  await page.locator('#pratinjau .promo-examples li').first().waitFor()
  assert.match(await page.locator('#pratinjau').innerText(), /25\s?%[\s\S]*potongan Rp/)

  const there = Object.assign(await Office.of(server), { branch: donggala.branch_id, officer: await signIn(server, 'branch_officer', donggala), made: 500 })
  const person = await there.person()
  const phone = await Phone.activate(server.url, (await there.link(person)).code)
  const key = server.world.api_keys.find((k) => k.partner_id === partner)
  const promo = server.world.benefits.find((b) => b.partner_id === partner && b.outlet_ids.includes(key.outlet_id))
  const number = '=1+1|' + randomUUID().slice(0, 6).toUpperCase()
  const made = await there.ask('POST', '/v1/redemptions', { card: phone.show(), benefit_id: promo.id, gross: 400_000, receipt_number: number, id_checked: true }, key.key, { idempotency: randomUUID() })
  await go(page, '/konsol/konfirmasi?next=/konsol/penggunaan')
  await page.getByLabel('Kode').fill(codes[0])
  await press(page, 'Konfirmasi')
  await page.waitForURL(`${server.url}/konsol/penggunaan`)
  const { name, bytes } = await file(page, () => follow(page, 'Unduh CSV'))
  assert.match(name, /^penggunaan-\d{4}-\d\d-\d\d\.csv$/)
  const [head, ...rows] = parse(bytes.toString())
  const mine = rows.find((row) => row[0] === made.id)
  assert.equal(mine[head.indexOf('receipt_number')], "'" + number)
  for (const row of rows) for (const cell of row) assert.ok(!/^[=+\-@\t\r|%]/.test(cell), `a cell that runs: ${cell}`)
})

journey('the figures of the programme until 13 October 2023 stand on the page of monev', async () => {
  const page = await at('hq_analyst')
  await go(page, '/konsol/monev?from=2023-01-01&to=2023-10-13')
  const reported = page.locator('section', { has: page.getByRole('heading', { name: 'Angka yang dilaporkan' }) })
  const cells = await reported.innerText()
  for (const n of ['21.521', '9.437', '7.713', '3.436', '935']) assert.match(cells, new RegExp(`(^|[^\\d.])${n.replace('.', '\\.')}([^\\d.]|$)`), n)
  await go(page, '/konsol/monev') // with the last year that has registrations
  await reported.getByText('21.521').first().waitFor()
  await follow(page, '1 Jan 2023 – 13 Okt 2023')
  assert.equal(new URL(page.url()).search, '?from=2023-01-01&to=2023-10-13')
  await reported.getByText('21.521').first().waitFor()
  assert.deepEqual(await examine(page, 'monev-2023', { schemes: ['light', 'dark'] }), [])
})
