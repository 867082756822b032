// A scan and its verdict: by the till itself where that settles it, else by the
// server, and by the till again where the server does not answer in time.
import { type Card, type Code, SHARD, verify } from '../shared/card'
import { discount } from '../shared/discount'
import { readShortCode } from '../shared/shortcode'
import { statusAt } from '../shared/statuslist'
import { billRule } from '../shared/terms'
import { fetchList, usable } from './bundle'
import type { Offer, Sum, Use, Verdict } from './contract'
import type { Core } from './core'
import { definitive, genuine, judge, kindOf, reasonOf, type Spent, usesLeft } from './offline'
import { type Server, within } from './server'
import { get, read } from './store'
import type { Benefit, Validation } from './wire'

const PATIENCE = 1500 // ms: until the till answers by itself
const LONG = 6000 // where it cannot
const TEST = 'KARTU UJI TEST CARD' // on the cards with which a partner tries its tills

export interface Scan {
  text: string
  at: number
  trusted: boolean // the clock, then
  typed: boolean
  code: Code | null // of the till's own verification
  card: Card | null
  listAt: number
  scanId: string
  use?: { asked: string; done: Promise<Use> }
}

export class Verdicts {
  private scans = new Map<number, Scan>()
  private last = 0

  constructor(
    private readonly core: Core,
    private readonly server: Server,
    private readonly refresh: () => Promise<boolean>,
  ) {}

  /** of returns what a verdict was about; undefined when it is long gone. */
  of(verdict: Verdict): Scan | undefined {
    return this.scans.get(verdict.ref ?? 0)
  }

  async scan(text: string): Promise<Verdict> {
    const { core } = this
    const typed = readShortCode(text)
    const scan: Scan = { text, at: core.clock.now(), trusted: core.clock.trusted(), typed: !!typed, code: null, card: null, listAt: 0, scanId: '' }
    if (core.till?.state === 'revoked' || !core.data) return this.verdict(scan, core.data ? 'till_revoked' : 'status_list_stale')
    if (typed && !typed.good) return this.verdict(scan, 'card_malformed')
    if (!typed) {
      await this.look(scan)
      if (scan.code === 'E_KID' && !this.server.silent() && (await within(PATIENCE, this.refresh()))) await this.look(scan)
      const trial = scan.card?.name === TEST // the server is told of each, to see that the till tells them apart
      if (!trial && definitive(scan.code!, scan.trusted)) return this.verdict(scan, reasonOf[scan.code!])
    }
    const alone = scan.code !== null && scan.code !== 'E_STATUS_STALE' && scan.trusted
    const answer = await this.ask(scan, alone)
    return answer ? this.fromServer(scan, answer) : this.byItself(scan)
  }

  /** look is the till's own verification. */
  private async look(scan: Scan): Promise<void> {
    const { core } = this
    const { body } = core.data!
    const judged = await verify(scan.text, {
      origin: body.origin, keys: core.keys, now: scan.at, window: body.policy.proof_window, printed: body.policy.printed !== 'refuse',
      status: (idx) => {
        const list = core.lists.get(Math.floor(idx / SHARD))
        if (!usable(core, list)) return null
        scan.listAt = list.iat
        return statusAt(list, idx)
      },
      seen: (idx, t) => `${idx}.${t}` in core.seen,
    })
    scan.code = judged.code
    scan.card = genuine(judged.code) ? judged.card : null
    if (judged.code === 'OK' && scan.trusted && judged.card!.t) core.clock.atLeast(judged.card!.t - 120)
    if (!scan.card || this.server.silent()) return
    const shard = Math.floor(scan.card.idx / SHARD)
    const list = core.lists.get(shard)
    if (!usable(core, list) || (list.version < 0 && scan.at - list.iat > 3600)) fetchList(core, this.server, shard).catch(() => {})
  }

  /** ask wants the server's word; null when it does not come in time. */
  private async ask({ text }: Scan, alone: boolean): Promise<Validation | null> {
    if (alone && this.server.silent()) {
      this.refresh().catch(() => {})
      return null
    }
    const a = await within(alone ? PATIENCE : LONG, this.server.authed<Validation>('POST', '/v1/validations', { body: { card: text } }))
    if (!a) this.server.failed()
    return a?.data ?? null
  }

  private async fromServer(scan: Scan, v: Validation): Promise<Verdict> {
    scan.scanId = v.scan_id
    if (v.benefits.some((o) => !this.benefit(o.id, o.version))) await within(PATIENCE, this.refresh())
    const unproven = scan.typed || v.card?.form === 'printed'
    const spent = await this.spent()
    const offers = v.benefits.map(({ id, version, title, eligible, reason, remaining }): Offer => {
      const b = this.benefit(id, version)
      return { ...this.offer(b, spent, unproven), benefitId: id, version, title, eligible, reason, remaining }
    })
    return {
      ...this.verdict(scan, v.reason), kind: v.verdict, online: true, offers,
      card: v.card ? {
        form: v.card.form === 'printed' ? 'printed' : 'phone', name: v.card.masked_name, expiresOn: v.card.expires_on, needsIdCheck: v.card.needs_id_check,
      } : null,
    }
  }

  private async byItself(scan: Scan): Promise<Verdict> {
    const { core } = this
    if (core.till?.state === 'revoked') return this.verdict(scan, 'till_revoked')
    if (!scan.trusted) return this.verdict(scan, 'clock_untrusted')
    const reason = scan.typed ? 'offline_not_allowed' : reasonOf[scan.code!]
    if (reason) return this.verdict(scan, reason)
    if (!core.data!.body.outlet.open) return { ...this.verdict(scan, 'outlet_not_covered'), kind: 'cannot_tell' }
    const [rows, spent] = [await core.rows(), await this.spent()]
    const printed = scan.card!.form === 'printed'
    const offers = core.data!.body.benefits.filter((b) => b.state === 'live').map((b): Offer => {
      const { reason: no } = judge(core, b, { idx: scan.card!.idx, printed, idChecked: true, gross: 0, receiptNumber: '' }, rows, spent)
      return { ...this.offer(b, spent, printed), eligible: !no, reason: no }
    })
    const v = this.verdict(scan, '')
    return { ...v, offers, card: { ...v.card!, needsIdCheck: printed || offers.some((o) => o.eligible && o.needsIdCheck) } }
  }

  private verdict(scan: Scan, reason: string): Verdict {
    const { card } = scan
    const ref = ++this.last
    this.scans.set(ref, scan)
    this.scans.delete(ref - 20)
    return {
      kind: kindOf(reason), reason, offers: [], online: false, at: scan.at, ref,
      card: card && {
        form: card.form, name: card.name, needsIdCheck: card.form === 'printed',
        expiresOn: new Date((card.exp - 86400) * 1000).toISOString().slice(0, 10),
      },
    }
  }

  benefit(id: string, version: number): Benefit | undefined {
    return this.core.data?.body.benefits.find((b) => b.id === id && b.version === version)
  }

  private offer(b: Benefit | undefined, spent: Spent, unproven: boolean): Offer {
    return {
      benefitId: b?.id ?? '', version: b?.version ?? 0, title: b?.title ?? '', summary: b?.summary[this.core.settings.lang] ?? '',
      eligible: false, reason: '', remaining: null, needsIdCheck: unproven || !!b?.terms.needs_id_check,
      offlineLeft: b ? usesLeft(this.core, b, spent) : null, minGross: b?.terms.min_gross ?? 0,
    }
  }

  async spent(): Promise<Spent> {
    return (await read(this.core.db, 'kv', (t) => get(t, 'spent'))) ?? {}
  }

  preview(offer: Offer, gross: number): Sum {
    const terms = this.benefit(offer.benefitId, offer.version)?.terms
    const reason = offer.eligible ? (terms ? billRule(terms, gross) : '') : offer.reason
    const off = terms && !reason ? discount(terms, gross) : 0
    return { gross, discount: off, net: gross - off, reason }
  }
}
