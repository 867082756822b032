// Journeys through the console in a real browser: how a programme is opened
// from nothing, four eyes, what an owner sees, agreements, applications, passkeys.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { after, before } from 'node:test'
import { zbar } from './camera.mjs'
import { again, askToJoin, Browser, explained, gun, more, next, ready, redeem, until, verdict, w } from './kasir.mjs'
import { accountOf, desk, launch, totp } from './konsol.mjs'
import { call, demo, fresh, signIn } from './server.mjs'
import { Till } from './till.mjs'

let server, browser
before(async () => {
  server = await demo({ name: 'localhost' })
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

const patience = 20_000
const day = (days) => new Date(Date.now() + days * 86_400_000).toLocaleDateString('sv-SE', { timeZone: 'Asia/Makassar' })

/** visitor is a page of somebody who is not signed in; questions are answered with yes. */
async function visitor(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'id-ID', ...options })
  context.setDefaultTimeout(patience)
  return agreeing(await context.newPage())
}

function agreeing(page) {
  page.on('dialog', (d) => d.accept())
  return page
}

const sit = async (role, scope) => agreeing(await desk(browser, server, role, { scope }))

/** seen waits until a text stands in the page's content. */
const seen = (page, text) => page.locator('main').getByText(text).first().waitFor({ timeout: patience })

/** inState waits until the badge beside the heading says so. */
const inState = (page, text) => page.locator('main .head .badge', { hasText: text }).first().waitFor({ timeout: patience })

/** fill writes into fields by their names. */
async function fill(page, fields) {
  for (const [name, value] of Object.entries(fields)) await page.locator(`main form[method=post] [name="${name}"]`).fill(value)
}

const press = (page, name) => page.locator('main').getByRole('button', { name }).click()

async function choose(page, name, label) {
  const select = page.locator(`main form[method=post] select[name="${name}"]`)
  await select.selectOption(await select.locator('option', { hasText: label }).first().getAttribute('value'))
}

const pathOf = (page) => new URL(page.url()).pathname
const idIn = (page) => pathOf(page).match(/[0-9a-f]{8}-[0-9a-f-]{27}/)[0]

/** forged posts a form as a page of the console would that shows a button which is not there. */
const forged = (page, path, fields = {}) =>
  page.evaluate(async ([to, body]) => (await fetch(to, { method: 'POST', body: new URLSearchParams(body), redirect: 'manual' })).status, [path, fields])

/** settle makes the account that the form on the page offers, and its second factor; codes stand in for the app later. */
async function settle(page, fields) {
  const password = 'kuda laut menari pelan 71'
  await fill(page, { ...fields, password, again: password })
  await press(page, 'Buat akun')
  await page.waitForURL('**/konsol/akun/faktor-kedua**')
  await press(page, 'Siapkan aplikasi')
  const secret = await page.locator('#rahasia').innerText()
  await fill(page, { code: totp(secret) })
  await press(page, 'Aktifkan')
  const codes = (await page.locator('#kode').innerText()).trim().split(/\s+/)
  assert.equal(codes.length, 10)
  await page.getByRole('link', { name: 'Sudah saya simpan' }).click()
  await page.waitForURL(/\/konsol$/)
  return Object.assign(page, { codes })
}

/** sure does something that asks for a proof of who it is when the last one is long ago. */
async function sure(page, work) {
  await work()
  await page.waitForLoadState()
  if (pathOf(page) !== '/konsol/konfirmasi') return
  await fill(page, { code: page.codes.pop() })
  await press(page, 'Konfirmasi')
  await page.waitForURL((url) => url.pathname !== '/konsol/konfirmasi')
  await work()
}

test('from nothing to a till that may grant a promo', async () => {
  const own = await fresh()
  const at = (path) => own.url + path
  const invite = async (page, role, email) => {
    await sure(page, async () => {
      await page.goto(at(`/konsol/orang/undang?peran=${role}`))
      await fill(page, { email })
      await choose(page, 'lingkup', 'Kantor Cabang Palu')
      await press(page, 'Buat undangan')
    })
    return page.locator('#tautan').innerText()
  }
  const invited = async (link, name) => {
    const page = await visitor()
    await page.goto(link)
    return settle(page, { name })
  }
  try {
    const admin = await visitor()
    await admin.goto(own.first)
    await settle(admin, { name: 'Ibu Rangkong', email: 'pusat@contoh.example' })

    const officer = await invited(await invite(admin, 'branch_officer', 'petugas@contoh.example'), 'Pak Tarsius')
    const supervisor = await invited(await invite(admin, 'branch_supervisor', 'penyelia@contoh.example'), 'Ibu Maleo')

    // The sector: entered by headquarters, scored by two, opened.
    await admin.goto(at('/konsol/sektor/baru'))
    await fill(admin, { code: 'BKL', name_id: 'Bengkel motor', name_en: 'Motorcycle workshops' })
    await press(admin, 'Catat calon')
    await admin.waitForURL(/\/konsol\/sektor\/[0-9a-f-]{36}$/)
    const sector = pathOf(admin)
    for (const page of [officer, supervisor]) {
      await page.goto(at(sector))
      await page.getByRole('link', { name: 'Beri nilai' }).click()
      await page.waitForURL('**/nilai')
      for (const radio of await page.locator('main input[type=radio][value="4"]').all()) await radio.check()
      for (const area of await page.locator('main textarea').all()) await area.fill('Wawancara dengan tiga bengkel')
      await press(page, 'Simpan nilai')
      await seen(page, 'Nilai Anda tercatat.')
    }
    for (const step of ['assessed', 'open']) {
      await admin.goto(at(sector))
      await admin.locator(`main input[name=to][value=${step}]`).check()
      await fill(admin, { reason: 'Sesuai hasil rapat' })
      await press(admin, 'Catat putusan')
      await seen(admin, 'Putusan tercatat.')
    }

    // The partner: entered and submitted by one, approved by another.
    await officer.goto(at('/konsol/mitra/baru'))
    await choose(officer, 'sector_id', /bengkel/i)
    await choose(officer, 'branch_id', 'Kantor Cabang Palu')
    await fill(officer, { name: 'Bengkel Kenari', nib: '9120001234567', contact_name: 'Pak Kenari', phone: '0812 0000 1234' })
    await press(officer, 'Buat draf')
    await officer.waitForURL(/\/konsol\/mitra\/[0-9a-f-]{36}$/)
    const partner = pathOf(officer)
    await press(officer, 'Ajukan untuk disetujui')
    await inState(officer, /^Menunggu persetujuan/)
    await supervisor.goto(at('/konsol/mitra/antrean'))
    await supervisor.getByRole('link', { name: 'Periksa Bengkel Kenari' }).click()
    await press(supervisor, /^Setujui/)
    await inState(supervisor, /^Disetujui/)

    // What it needs: an agreement, an outlet, its owner.
    await officer.goto(at(`${partner}/pks/baru`))
    await fill(officer, { number: 'PER/1/KENARI', starts_on: day(0), ends_on: day(365) })
    await press(officer, 'Catat perjanjian')
    await seen(officer, 'PER/1/KENARI')
    await officer.goto(at(`${partner}/gerai/baru`))
    await fill(officer, { name: 'Bengkel Kenari Besusu', address: 'Jl. Contoh 5, Palu' })
    await officer.locator('main select[name=region_code]').selectOption('72.71')
    await press(officer, 'Simpan')
    await officer.waitForURL(/\/konsol\/gerai\/[0-9a-f-]{36}/)
    const outlet = pathOf(officer)
    await sure(supervisor, async () => {
      await supervisor.goto(at(`${partner}/orang`))
      await fill(supervisor, { email: 'kenari@contoh.example' })
      await press(supervisor, 'Buat undangan')
    })
    const owner = await invited(await supervisor.locator('#link').innerText(), 'Pak Kenari')
    await supervisor.goto(at(partner))
    await press(supervisor, /^Aktifkan/)
    await inState(supervisor, /^Aktif/)

    // The promo: by the owner, approved and published by the branch.
    await owner.goto(at(`${partner}/promo/baru?contoh=jasa`))
    const boxes = owner.locator('main input[name=outlet_ids]')
    await boxes.first().check()
    const title = await owner.locator('main [name=title]').inputValue()
    await press(owner, 'Simpan draf')
    await owner.waitForURL(/\/konsol\/promo\/[0-9a-f-]{36}/)
    const promo = pathOf(owner)
    await press(owner, 'Ajukan untuk disetujui')
    await inState(owner, /^Menunggu persetujuan/)
    await supervisor.goto(at('/konsol/promo/antrean'))
    await supervisor.getByRole('link', { name: new RegExp(`^Periksa.*${title}`) }).click()
    await press(supervisor, 'Setujui versi 1')
    await seen(supervisor, 'Promo disetujui.')
    await press(supervisor, 'Terbitkan ke kasir')
    await seen(supervisor, 'Promo terbit.')

    // The till: a code of the outlet's page, six digits compared, allowed.
    await owner.goto(at(outlet))
    await press(owner, 'Tambah perangkat')
    const link = await owner.locator('#link').innerText()
    const till = new Till(own.url)
    const { fingerprint } = await till.join(link.split(/[#/?=]/).at(-1), 'HP meja depan')
    assert.notEqual((await till.token()).status, 200, 'a till that nobody allowed has a token')
    await seen(owner, `${fingerprint.slice(0, 3)} ${fingerprint.slice(3)}`)
    await press(owner, /^Sidik jari sama, izinkan/)
    await owner.locator('#tills .badge.good').waitFor()
    assert.equal((await till.token()).status, 200)
    await till.bundle()
    assert.deepEqual(till.held.benefits.map((b) => b.id), [promo.split('/').at(-1)])
    await Promise.all([admin, officer, supervisor, owner].map((p) => p.context().close()))
  } finally {
    await own.stop()
  }
})

test('a new shop tries out its till with test cards, and nothing of it counts', async () => {
  const supervisor = await sit('branch_supervisor')
  await supervisor.goto(`${server.url}/konsol/mitra?q=Tatanga`)
  await supervisor.locator('main').getByRole('link', { name: 'Bengkel Contoh Tatanga' }).first().click()
  await inState(supervisor, /^Disetujui/)
  const partner = pathOf(supervisor)
  await supervisor.goto(`${server.url}${partner}/orang`)
  await fill(supervisor, { email: 'tatanga@contoh.example' })
  await press(supervisor, 'Buat undangan')
  const owner = await visitor()
  await owner.goto(await supervisor.locator('#link').innerText())
  await settle(owner, { name: 'Ibu Tatanga' })

  // The till: by the outlet's page.
  const phone = new Browser()
  try {
    const page = await phone.open()
    await owner.goto(`${server.url}${partner}/uji`)
    await owner.locator('main section').first().getByRole('link').first().click()
    await press(owner, 'Tambah perangkat')
    await explained(page, async () => {
      const digits = await askToJoin(page, await owner.locator('#link').innerText(), 'Kasir Tatanga')
      await seen(owner, `${digits.slice(0, 3)} ${digits.slice(3)}`)
      await press(owner, /^Sidik jari sama, izinkan/)
      await page.getByRole('button', { name: more.pending.poll }).click()
      await ready(page)
    })

    // The cards: read off the owner's screen.
    await owner.goto(`${server.url}${partner}/uji`)
    await press(owner, 'Buat kartu uji baru')
    await seen(owner, 'Kartu uji dibuat.')
    const done = owner.locator('.trial-ticks .done')
    await done.first().waitFor({ state: 'detached' })
    const texts = {}
    for (const figure of await owner.locator('figure.trial-card').all()) {
      const read = zbar(await figure.locator('.outlet-qr').screenshot())
      assert.equal(read.length, 1)
      texts[(await figure.innerText()).match(/berlaku|kedaluwarsa|dicabut/)[0]] = read[0]
    }

    await explained(page, async () => {
      await redeem(page, texts.berlaku, { title: 'UJI COBA · diskon 10%' }, 50_000, { idCheck: true })
      await next(page)
      for (const [kind, reason] of [['kedaluwarsa', 'card_expired'], ['dicabut', 'card_revoked']]) {
        await gun(page, texts[kind])
        await verdict(page, 'not_valid', reason)
        await again(page)
      }
    })

    // What the owner and the branch see, which comes by itself.
    await until('all four steps', async () => (await done.count()) === 4)
    assert.equal(await owner.locator('#trial-live tbody .badge.bad').count(), 0)
    await supervisor.goto(`${server.url}${partner}/uji`)
    await press(supervisor, 'Nyatakan lulus')
    await seen(supervisor, 'Uji coba dinyatakan lulus.')
    const key = await signIn(server, 'branch_supervisor')
    const { status, body } = await call(server.url, 'GET', `/v1/redemptions?partner_id=${partner.split('/').at(-1)}`, { key })
    assert.deepEqual([status, body.items], [200, []])
  } finally {
    await phone.close()
    await Promise.all([supervisor, owner].map((p) => p.context().close()))
  }
})

test('who submitted a partner sees why somebody else approves it, and cannot', async () => {
  const branch_id = server.world.outlets[0].branch_id
  const [one, other] = [await sit('branch_supervisor', { branch_id }), await sit('programme_admin')]
  await one.goto(`${server.url}/konsol/mitra/baru`)
  await choose(one, 'sector_id', /bengkel/i)
  await choose(one, 'branch_id', 'Kantor Cabang Palu')
  await fill(one, { name: 'Bengkel Empat Mata', contact_name: 'Pak Anoa', phone: '0812 0000 4321' })
  await press(one, 'Buat draf')
  await one.waitForURL(/\/konsol\/mitra\/[0-9a-f-]{36}$/)
  const partner = pathOf(one)
  await press(one, 'Ajukan untuk disetujui')
  await seen(one, 'orang lain harus menyetujuinya')
  assert.ok(await one.locator('main').getByRole('button', { name: /^Setujui/ }).isDisabled())
  assert.equal(await forged(one, `${partner}/langkah/approve`), 403)
  await one.reload()
  await inState(one, /^Menunggu persetujuan/)
  await other.goto(server.url + partner)
  await press(other, /^Setujui/)
  await inState(other, /^Disetujui/)
  await one.context().close()
  await other.context().close()
})

test('who handed in a promo sees why somebody else approves it, and cannot', async () => {
  const { branch_id, partner_id } = server.world.outlets[0]
  const [one, other] = [await sit('branch_supervisor', { branch_id }), await sit('programme_admin')]
  await one.goto(`${server.url}/konsol/mitra/${partner_id}/promo/baru?contoh=jasa`)
  await fill(one, { title: 'Diskon empat mata' })
  await one.locator('main input[name=outlet_ids]').first().check()
  await press(one, 'Simpan dan ajukan')
  await one.waitForURL(/\/konsol\/promo\/[0-9a-f-]{36}/)
  const promo = pathOf(one)
  await seen(one, 'prinsip empat mata')
  assert.equal(await one.locator('main').getByRole('button', { name: /^Setujui/ }).count(), 0)
  await other.goto(server.url + promo)
  const shown = { version: '1', terms_hash: await other.locator('main input[name=terms_hash]').inputValue() }
  assert.equal(await forged(one, `${promo}/setujui`, shown), 403)
  await press(other, 'Setujui versi 1')
  await seen(other, 'Promo disetujui.')
  assert.equal(await forged(one, `${promo}/terbitkan`), 403)
  await press(other, 'Terbitkan ke kasir')
  await seen(other, 'Promo terbit.')
  await one.context().close()
  await other.context().close()
})

test('an owner sees nothing of another partner', async () => {
  const { partner_id: mine } = accountOf(server, 'partner_owner').scope
  const [owner, admin] = [await sit('partner_owner', { partner_id: mine }), await sit('programme_admin')]
  const links = async (page, path, pattern) => {
    await page.goto(server.url + path)
    const all = await page.locator('main a[href]').evaluateAll((as) => as.map((a) => new URL(a.href).pathname))
    return [...new Set(all.filter((p) => pattern.test(p)))]
  }
  const id = '[0-9a-f]{8}-[0-9a-f-]{27}'
  const partnerPage = new RegExp(`^/konsol/mitra/${id}$`)
  const partners = await links(admin, '/konsol/mitra', partnerPage)
  const theirs = partners.map((p) => p.split('/').at(-1)).filter((p) => p !== mine)
  assert.ok(theirs.length > 0)

  const foreign = []
  for (const other of theirs) {
    foreign.push(`/konsol/mitra/${other}`, `/konsol/mitra/${other}/gerai`, `/konsol/mitra/${other}/orang`, `/konsol/mitra/${other}/kunci`, `/konsol/mitra/${other}/promo/baru`)
    foreign.push(...(await links(admin, `/konsol/mitra/${other}/gerai`, new RegExp(`^/konsol/gerai/${id}$`))))
    foreign.push(...(await links(admin, `/konsol/promo?mitra=${other}`, new RegExp(`^/konsol/promo/${id}$`))))
    foreign.push(...(await links(admin, `/konsol/penggunaan?p=semua&mitra=${other}`, new RegExp(`^/konsol/penggunaan/${id}$`))).slice(0, 3))
    foreign.push(...(await links(admin, `/konsol/mitra/${other}`, new RegExp(`/pks/${id}$`))))
  }
  const statements = await links(admin, '/konsol/laporan/mitra', new RegExp(`^/konsol/laporan/mitra/${id}/`))
  foreign.push(...statements.filter((p) => !p.includes(mine)))
  for (const kind of ['/gerai/', '/promo/', '/penggunaan/', '/pks/', '/laporan/mitra/']) assert.ok(foreign.some((p) => p.includes(kind)), `nothing of ${kind} to try`)
  const there = []
  for (const path of foreign) {
    const answer = await owner.context().request.get(server.url + path)
    if (answer.status() !== 404) there.push(`${answer.status()} ${path}`)
    assert.match(await answer.text(), /<main[^>]*>[^]*<h1>/, `no page at ${path}`)
  }
  assert.deepEqual(there, [])

  assert.deepEqual(await links(owner, '/konsol/mitra', partnerPage), [`/konsol/mitra/${mine}`])
  const ownPromos = await links(owner, '/konsol/promo', new RegExp(`^/konsol/promo/${id}$`))
  assert.ok(ownPromos.length > 0)
  const ownUses = await links(owner, '/konsol/penggunaan?p=semua', new RegExp(`^/konsol/penggunaan/${id}$`))
  assert.ok(ownUses.length > 0)
  for (const path of ['/konsol/mitra', '/konsol/promo', '/konsol/penggunaan?p=semua', '/konsol/laporan/mitra', '/konsol/tolakan?p=semua']) {
    const all = await links(owner, path, new RegExp(id))
    const strange = all.filter((p) => foreign.includes(p) || theirs.some((other) => p.includes(other)))
    assert.deepEqual(strange, [], path)
  }
  await owner.context().close()
  await admin.context().close()
})

test('an agreement: why it stopped, its document, and when it ends', async () => {
  const officer = await sit('branch_officer', { branch_id: server.world.outlets[0].branch_id })
  await officer.goto(`${server.url}/konsol/mitra?cari=Lore`)
  await officer.getByRole('link', { name: 'Bengkel Contoh Lore' }).click()
  await seen(officer, 'Alasan ditangguhkan')
  assert.match(await officer.locator('main .note.bad').innerText(), /perjanjian/i)
  await inState(officer, /^Ditangguhkan/)

  await officer.goto(`${server.url}/konsol/mitra?cari=Kaili`)
  await officer.getByRole('link', { name: 'Bengkel Contoh Kaili' }).click()
  await officer.getByRole('link', { name: 'PKS/kaili/1', exact: true }).click()
  const pdf = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n')
  const keep = async (name, mimeType, buffer) => {
    await officer.locator('main input[type=file]').setInputFiles({ name, mimeType, buffer })
    await press(officer, 'Simpan versi baru')
  }
  await keep('perjanjian.pdf', 'application/pdf', Buffer.from('<html><script>alert(1)</script></html>'))
  await seen(officer, 'isinya yang diperiksa')
  await officer.goBack()
  await keep('perjanjian.pdf', 'application/pdf', pdf)
  await officer.locator('main tbody tr').nth(1).waitFor()
  const row = officer.locator('main tbody tr').first()
  assert.equal((await row.locator('.partner-sum').innerText()).replace(/\s/g, ''), createHash('sha256').update(pdf).digest('hex'))
  const [download] = await Promise.all([officer.waitForEvent('download'), row.getByRole('link').click()])
  assert.deepEqual(readFileSync(await download.path()), pdf)

  // Among those that end within 17 days, not among those within 16.
  await officer.goto(`${server.url}/konsol/mitra?cari=Mantikulore`)
  await officer.getByRole('link', { name: 'Bengkel Contoh Mantikulore' }).click()
  await officer.waitForURL(/\/konsol\/mitra\/[0-9a-f-]{36}$/)
  await officer.goto(`${officer.url()}/pks/baru`)
  await fill(officer, { number: 'PKS/uji/17', starts_on: day(0), ends_on: day(17) })
  await press(officer, 'Catat perjanjian')
  await seen(officer, 'PKS/uji/17')
  for (const [within, there] of [[16, 0], [17, 1]]) {
    await officer.goto(`${server.url}/konsol/mitra/pks`)
    await officer.locator('main [name=dalam]').fill(String(within))
    await press(officer, 'Terapkan')
    await officer.waitForURL(`**/konsol/mitra/pks?dalam=${within}`)
    assert.equal(await officer.locator('main tr', { hasText: 'PKS/uji/17' }).filter({ hasText: '17 hari lagi' }).count(), there, `within ${within} days`)
  }
  await officer.context().close()
})

test('a business applies without JavaScript and becomes a partner', async () => {
  const applicant = await visitor({ javaScriptEnabled: false })
  await applicant.goto(`${server.url}/mitra/daftar`)
  await choose(applicant, 'sector_id', /bengkel/i)
  await applicant.locator('main select[name=region_code]').selectOption('72.71')
  await fill(applicant, {
    name: 'Bengkel Cendrawasih', address: 'Jl. Contoh 9, Palu', contact_name: 'Ibu Cendrawasih', phone: '0812 0000 5678', why: 'Ingin pelanggan tetap; terpikir cek rem gratis.',
  })
  await applicant.locator('main input[name=consent]').check()
  await press(applicant, 'Kirim pendaftaran')
  const reference = (await applicant.locator('#nomor').innerText()).trim()
  const status = async () => {
    await applicant.goto(`${server.url}/mitra/status`)
    await fill(applicant, { reference, phone: '081200005678' })
    await press(applicant, 'Lihat status')
    await applicant.locator('main section').first().waitFor()
    return applicant.locator('main').innerText()
  }
  assert.match(await status(), /Petugas sedang meninjau/)

  const branch_id = server.world.outlets[0].branch_id
  const [officer, supervisor] = [await sit('branch_officer', { branch_id }), await sit('branch_supervisor', { branch_id })]
  await officer.goto(`${server.url}/konsol/mitra/antrean`)
  await press(officer, 'Ambil Bengkel Cendrawasih')
  await officer.getByRole('button', { name: 'Ambil Bengkel Cendrawasih' }).waitFor({ state: 'detached' })
  await officer.getByRole('link', { name: 'Bengkel Cendrawasih' }).click()
  await seen(officer, reference)
  await choose(officer, 'branch_id', 'Kantor Cabang Palu')
  await press(officer, 'Jadikan mitra dan ajukan')
  await supervisor.goto(`${server.url}/konsol/mitra/antrean`)
  await supervisor.getByRole('link', { name: 'Periksa Bengkel Cendrawasih' }).click()
  await press(supervisor, /^Setujui/)
  await inState(supervisor, /^Disetujui/)
  await seen(supervisor, reference)
  assert.doesNotMatch(await status(), /Petugas sedang meninjau/)
  for (const page of [applicant, officer, supervisor]) await page.context().close()
})

test('a passkey is added, signs in, and confirms an export', async () => {
  const { email, password } = accountOf(server, 'auditor')
  const page = await visitor({ acceptDownloads: true })
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  })
  await page.goto(`${server.url}/konsol/masuk`)
  await fill(page, { email, password })
  await press(page, /^Masuk$/)
  await page.waitForURL(/\/konsol$/)
  await page.goto(`${server.url}/konsol/akun`)
  await page.locator('#passkey-name').fill('Laptop kantor')
  await press(page, 'Daftarkan passkey')
  await seen(page, 'Laptop kantor')

  await page.getByRole('button', { name: 'Keluar' }).click()
  await page.waitForURL(/\/konsol\/masuk/)
  await page.goto(`${server.url}/konsol/masuk?next=/konsol/penggunaan`)
  await press(page, 'Masuk dengan passkey')
  await page.waitForURL('**/konsol/penggunaan')

  // As if the sign-in were six minutes old.
  const long = "UPDATE sessions SET confirmed_at = datetime('now', '-6 minutes') WHERE id = (SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1)"
  execFileSync('python3', ['-c', 'import sqlite3,sys; d=sqlite3.connect(sys.argv[1],timeout=20); d.execute(sys.argv[2]); d.commit()', join(server.dir, 'berlaku.db'), long])
  await page.getByRole('link', { name: 'Unduh CSV' }).click()
  await page.waitForURL('**/konsol/konfirmasi**')
  const [download] = await Promise.all([page.waitForEvent('download'), press(page, 'Pakai passkey')])
  assert.match(readFileSync(await download.path(), 'utf8').split('\n')[0], /[,;]/)
  await page.context().close()
})
