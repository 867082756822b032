// A use and its record.
//
// It goes: stored as asking → asked online → recorded or refused; no answer →
// queued, signed, under the same key (the server knows the key if it had
// committed after all); where the till may not decide alone → unsure. What a
// caller was told is always stored before.
import { type Answer, none } from '../shared/api'
import { uuid } from '../shared/bytes'
import type { Tx } from '../shared/idb'
import { billRule, identityRule, localAt } from '../shared/terms'
import type { Problem, Use, UseRequest, Verdict } from './contract'
import type { Core } from './core'
import { allowanceFor, judge, room } from './offline'
import { append, appendVoid } from './queue'
import { type Server, within } from './server'
import { get, put, read, type Row, use, write } from './store'
import type { Scan, Verdicts } from './verdicts'
import type { Redemption, RedeemBody } from './wire'

const SEEN = 600 // seconds

export class Counter {
  /** Keys that are being asked about right now. */
  private readonly busy = new Set<string>()

  constructor(
    private readonly core: Core,
    private readonly server: Server,
    private readonly verdicts: Verdicts,
  ) {}

  /** redeem answers the same for the same request twice, such as a double tap. */
  redeem(verdict: Verdict, request: UseRequest): Promise<Use> {
    const scan = this.verdicts.of(verdict)
    const asked = JSON.stringify([request.offer.benefitId, request.gross, request.receiptNumber, request.idChecked])
    if (scan?.use?.asked === asked) return scan.use.done
    const done = this.record(scan, verdict, request)
    if (!scan) return done
    const mine = (scan.use = { asked, done })
    const again = (): void => {
      if (scan.use === mine) delete scan.use
    }
    done.then((u) => u.state === 'refused' && again(), again)
    return done
  }

  private async record(scan: Scan | undefined, verdict: Verdict, request: UseRequest): Promise<Use> {
    const { core } = this
    const row = this.draft(scan, verdict, request)
    const no = this.forbids(scan, row, request)
    if (no) return this.shown({ ...row, state: 'refused', reason: no })
    if (this.server.silent()) {
      const queued = await this.queue(row, true)
      if (queued) return this.shown(queued)
    }
    this.busy.add(row.key)
    try {
      const replayed = await write(core.db, 'kv uses', (t) => this.claim(t, row))
      if (replayed) return this.shown({ ...row, state: 'refused', reason: 'code_replayed' })
      const why = await this.alone(row)
      return this.shown(await this.settle(row, await this.post(row, why === '' ? 2500 : 10_000), true))
    } finally {
      this.busy.delete(row.key)
    }
  }

  private draft(scan: Scan | undefined, verdict: Verdict, { offer, gross, receiptNumber, idChecked }: UseRequest): Row {
    const { core } = this
    const at = core.clock.now()
    const sum = this.verdicts.preview(offer, gross)
    const number = line(receiptNumber.toUpperCase(), 40)
    const cashier = core.cashier()?.id
    const ask: RedeemBody = {
      ...(scan?.scanId ? { scan_id: scan.scanId } : { card: scan?.text ?? '' }), benefit_id: offer.benefitId, gross,
      ...(number && { receipt_number: number }), ...(core.clock.trusted() && { occurred_at: new Date(at * 1000).toISOString() }),
      ...(cashier && { cashier_id: cashier }), id_checked: idChecked,
    }
    return {
      key: uuid(), state: 'asking', reason: '', flags: [], title: offer.title, name: verdict.card?.name ?? '', gross, discount: sum.discount,
      net: sum.net, receiptNumber: number, receiptCode: '', receiptUrl: '', at, day: localAt(at, core.data?.body.outlet.zone ?? 'UTC').day,
      id: '', idx: scan?.card?.idx ?? -1, t: scan?.card?.t ?? 0, benefit: offer.benefitId, version: offer.version, ask,
      scannedAt: scan?.at ?? 0, idChecked, ...(cashier && { cashier }),
      ...(scan?.code === 'OK' && scan.trusted && { item: { card: scan.text, scannedAt: scan.at, listAge: Math.max(0, scan.at - scan.listAt) } }),
    }
  }

  /** forbids returns what needs no server to be refused; nothing of it is kept. */
  private forbids(scan: Scan | undefined, row: Row, { offer, idChecked }: UseRequest): string {
    const { core } = this
    if (core.phase() !== 'ready') return core.phase() === 'revoked' ? 'till_revoked' : 'code_stale'
    if (!scan || row.at - scan.at > core.data!.body.policy.scan_life) return 'code_stale'
    if (!Number.isInteger(row.gross) || row.gross < 1 || row.gross > 1e9) return 'below_minimum'
    if (!offer.eligible) return offer.reason || 'benefit_not_live'
    const terms = this.verdicts.benefit(row.benefit, row.version)?.terms
    return terms ? billRule(terms, row.gross) || identityRule({ terms, printed: scan.typed || scan.card?.form === 'printed', idChecked }) : ''
  }

  /** claim stores the use and its code; true when the code was used up by another. */
  private async claim(t: Tx, row: Row): Promise<boolean> {
    if (row.t) {
      const seen = (await get(t, 'seen')) ?? {}
      const code = `${row.idx}.${row.t}`
      if (code in seen) return true
      for (const [k, at] of Object.entries(seen)) if (Math.abs(row.at - at) > SEEN) delete seen[k]
      seen[code] = row.at
      await put(t, 'seen', seen)
      this.core.seen = seen
    }
    await t.put('uses', row)
    return false
  }

  private post(row: Row, timeout: number): Promise<Answer<Redemption>> {
    const stop = new AbortController()
    const timer = setTimeout(() => stop.abort(), timeout)
    const headers = { 'Idempotency-Key': row.key }
    const answer = this.server.authed<Redemption>('POST', '/v1/redemptions', { body: row.ask, headers, timeout, signal: stop.signal })
    return within(timeout, answer).then((a) => {
      clearTimeout(timer)
      stop.abort() // where it was proving itself still, nothing is sent any more
      return a ?? none
    })
  }

  /** settle stores what became of a use that was asked about; first: it was never asked about before. */
  private async settle(row: Row, a: Answer<Redemption>, first: boolean): Promise<Row> {
    const final = answered(row, a, first)
    if (final) return this.move(row.key, final)
    return (await this.queue(row, false)) ?? this.move(row.key, { ...row, state: 'unsure' })
  }

  /** move writes a use unless something else became of it in the meantime, and returns what it is. */
  private async move(key: string, to: Row): Promise<Row> {
    const { core } = this
    const out = await write(core.db, 'kv uses', async (t) => {
      const now = await use(t, key)
      if (now && now.state !== 'asking' && now.state !== 'unsure') return now
      await t.put('uses', to)
      if (to.state === 'refused' && to.t && to.reason !== 'code_replayed') {
        const { [`${to.idx}.${to.t}`]: _, ...seen } = (await get(t, 'seen')) ?? {}
        await put(t, 'seen', seen)
        core.seen = seen
      }
      return to
    })
    core.notify()
    return out
  }

  /** alone returns what speaks against giving this use without the server; '' when nothing. */
  private async alone(row: Row): Promise<string> {
    const { core } = this
    const b = this.verdicts.benefit(row.benefit, row.version)
    if (!row.item || !b || core.till?.state !== 'active') return 'offline_not_allowed'
    if (!core.clock.trusted()) return 'clock_untrusted'
    if (core.clock.now() - row.item.scannedAt > core.data!.body.policy.scan_life) return 'code_stale'
    return judge(core, b, { ...row, printed: row.t === 0, idChecked: !!row.idChecked }, await core.rows(), await this.verdicts.spent()).reason
  }

  /** queue gives the use by itself, if it may; null when not. fresh: it is not stored yet. */
  private async queue(row: Row, fresh: boolean): Promise<Row | null> {
    const { core } = this
    if ((await this.alone(row)) !== '') return null
    const { ask: _, item, ...rest } = row
    const b = this.verdicts.benefit(row.benefit, row.version)!
    const allowance = allowanceFor(core, b, await this.verdicts.spent())!
    const queued: Row = { ...rest, state: 'queued' }
    const members = {
      scanned_at: item!.scannedAt, occurred_at: Math.max(fresh ? row.at : core.clock.now(), item!.scannedAt), card: item!.card, benefit: row.benefit, version: row.version,
      gross: row.gross, discount: row.discount, net: row.net, ...(row.receiptNumber && { receipt_number: row.receiptNumber }),
      ...(row.cashier && { cashier: row.cashier }), id_checked: !!row.idChecked, allowance: allowance.id, list_age: item!.listAge,
    }
    const done = await append(core.db, core.till!, row.key, row.key, members, async (t) => {
      const now = await use(t, row.key)
      if (fresh ? await this.claim(t, queued) : now?.state !== 'asking' && now?.state !== 'unsure') return false
      const spent = (await get(t, 'spent')) ?? {}
      const left = room(allowance, spent)
      if (left.uses < 1 || left.amount < row.discount) throw new NoRoom()
      const own = spent[allowance.id] ?? { uses: 0, amount: 0 }
      await put(t, 'spent', { ...spent, [allowance.id]: { uses: own.uses + 1, amount: own.amount + row.discount } })
      await t.put('uses', queued)
      return true
    }).catch((e: unknown) => {
      if (e instanceof NoRoom) return false
      throw e
    })
    await core.count()
    return done ? queued : null
  }

  /** retry asks again about a use that is unsure. */
  async retry(key: string): Promise<Use> {
    const row = await this.row(key)
    if (!row) throw new Error('no such use')
    return this.shown(this.open(row) ? await this.again(row, true) : row)
  }

  private async again(row: Row, byHand: boolean): Promise<Row> {
    this.busy.add(row.key)
    try {
      const a = await this.post(row, 10_000)
      if (byHand) return await this.settle(row, a, false)
      const final = answered(row, a, false)
      return await this.move(row.key, final ?? { ...row, state: 'unsure' })
    } finally {
      this.busy.delete(row.key)
    }
  }

  private open(row: Row): boolean {
    return (row.state === 'asking' || row.state === 'unsure') && !this.busy.has(row.key)
  }

  /**
   * settleOpen finds out about uses without an answer: by asking again under the
   * same key. A printed card whose scan is long over would be used anew by that,
   * so such a use is taken back instead.
   */
  async settleOpen(): Promise<void> {
    const { core } = this
    const rows = await core.rows()
    for (const row of rows) if (row.undo && !this.busy.has(row.key)) await this.takeBack(row, row.undo, given)
    for (const row of rows.filter((r) => this.open(r))) {
      const over = core.clock.now() - (row.scannedAt ?? 0) > (core.data?.body.policy.scan_life ?? 900)
      if (over && !row.ask?.scan_id && !row.t) await this.giveUp(row.key)
      else if (core.till?.state === 'active') await this.again(row, false)
      else if (row.state === 'asking') await this.move(row.key, { ...row, state: 'unsure' })
    }
  }

  /** giveUp takes back a use without an answer, whatever the server knows of it. */
  async giveUp(key: string): Promise<void> {
    const row = await this.row(key)
    if (row && this.open(row)) await this.takeBack(row, 'unsure', (r) => r.state === 'asking' || r.state === 'unsure')
  }

  private async takeBack(row: Row, reason: string, may: (r: Row) => boolean): Promise<Use | null> {
    const { core } = this
    let out: Row | null = null
    await appendVoid(core.db, core.till!, row.key, reason, core.clock.now(), async (t) => {
      const now = await use(t, row.key)
      if (!now || !may(now)) return false
      const { ask: _, item: __, undo: ___, ...rest } = now
      out = { ...rest, state: 'voided' }
      await t.put('uses', out)
      return true
    })
    await core.count()
    return out && this.shown(out)
  }

  async undo(key: string, reason: string): Promise<Use | Problem> {
    const { core } = this
    const row = await this.row(key)
    if (!row) return { code: 'not_found' }
    const why = line(reason, 200) || 'batal'
    if (this.open(row)) return (await this.takeBack(row, why, (r) => this.open(r))) ?? { code: 'other' }
    if (row.state === 'voided') return this.shown(row)
    const view = this.shown(row)
    if (!view.voidable) return { code: row.state === 'refused' ? 'not_found' : 'too_late' }
    if (row.id && core.till?.state === 'active' && !this.server.silent()) {
      const said = await this.voidOnline(row, why)
      if (said) return said
    }
    return (await this.takeBack(row, why, given)) ?? { code: 'other' }
  }

  /** voidOnline asks the server to take a use back; null when it gave no clear answer. */
  private async voidOnline(row: Row, reason: string): Promise<Use | Problem | null> {
    const { core } = this
    const keep = (r: Row): Promise<unknown> => write(core.db, 'uses', (t) => t.put('uses', r))
    this.busy.add(row.key)
    try {
      await keep({ ...row, undo: reason })
      const a = await this.server.authed<Redemption>('POST', `/v1/redemptions/${row.id}/void`, { body: { reason }, timeout: 5000 })
      const late = a.code === 'void_window_over'
      if (!a.data && !late) return null
      const out: Row = late ? row : { ...row, state: 'voided' }
      await keep(out)
      return late ? { code: 'too_late' } : this.shown(out)
    } finally {
      this.busy.delete(row.key)
      core.notify()
    }
  }

  private row(key: string): Promise<Row | undefined> {
    return read(this.core.db, 'uses', (t) => use(t, key))
  }

  shown(row: Row): Use {
    const { key, reason, flags, title, name, gross, discount: off, net, receiptNumber, receiptCode, receiptUrl, at } = row
    const voidUntil = at + (this.core.data?.body.policy.void_window ?? 900)
    const state = row.state === 'asking' ? 'unsure' : row.state
    const voidable = (state === 'recorded' || state === 'queued') && this.core.clock.now() <= voidUntil
    return { key, state, reason, flags, title, name, gross, discount: off, net, receiptNumber, receiptCode, receiptUrl, at, voidable, voidUntil }
  }
}

/** line makes of what was typed what the server takes: so many characters, none of them control characters. */
const line = (text: string, most: number): string =>
  [...text.replace(/\p{Cc}/gu, '').trim()].slice(0, most).join('').trim()

class NoRoom extends Error {}

const given = (r: Row): boolean => r.state === 'recorded' || r.state === 'queued'

/** Refusals of a request that leave no record, as a cashier should read them. */
const refusals: Record<string, string> = { scan_not_found: 'code_stale', benefit_not_found: 'benefit_not_live', till_revoked: 'till_revoked' }

/** answered returns what an answer makes of a use, null when it says nothing about it. */
function answered(row: Row, { status, data, code }: Answer<Redemption>, first: boolean): Row | null {
  const { ask: _, item: __, ...rest } = row
  if (data) {
    const granted = data.outcome === 'granted'
    return {
      ...rest, state: !granted ? 'refused' : data.state === 'voided' ? 'voided' : 'recorded', reason: data.reason, flags: data.flags, id: data.id,
      discount: data.discount, net: data.net, receiptCode: data.receipt?.code ?? '', receiptUrl: data.receipt?.url ?? '',
    }
  }
  // A 401 or 403 is about the till, not about the use: it may have been recorded before.
  const about = ([400, 404, 422].includes(status) && code !== 'idempotency_key_reused') || (first && (status === 401 || status === 403))
  return about ? { ...rest, state: 'refused', reason: refusals[code] ?? 'benefit_not_live' } : null
}

