// What the server said, as the screens show it: in the chosen language, with
// instants in seconds.
import type { Access, DataRequest, Lang, Notice, OwnCard, OwnData, Place, Promo, Sector, UseItem, Wish } from './contract'
import type { ForMe, Listing, WireAccess, WireCard, WireData, WireNotice, WireRequest, WireUse, WireWish } from './wire'

/** seconds reads an instant; 0 when there is none. */
export const seconds = (at: string | null | undefined): number => (at ? Math.floor(Date.parse(at) / 1000) || 0 : 0)

export const noticeOf = (n: WireNotice, lang: Lang): Notice => ({ version: n.version, hash: n.hash, sections: n.text[lang] })

const sectorOf = (s: { id: string; code: string; name_id: string; name_en: string }, lang: Lang): Sector => ({
  id: s.id, code: s.code, name: lang === 'en' ? s.name_en : s.name_id,
})

/** placesOf joins the directory with what each promo is for the person; without that, mine is null. */
export function placesOf(all: Listing[], forMe: ForMe | null, lang: Lang): Place[] {
  const mine = new Map(forMe?.items.map((m) => [m.benefit_id, m]))
  const promo = (b: Listing['benefits'][number]): Promo => {
    const m = mine.get(b.id)
    return {
      id: b.id, title: b.title, summary: b.summary[lang], exclusions: b.exclusions, validTo: b.valid_to, needsIdCheck: b.needs_id_check,
      mine: m ? { eligible: m.eligible, reason: m.reason, remaining: m.remaining, per: m.per, until: m.until } : null,
    }
  }
  return all.map(({ outlet: o, partner, sector, benefits }) => ({
    id: o.id, name: o.name, address: o.address, region: o.region, regionCode: o.region_code, lat: o.latitude, lon: o.longitude, zone: o.zone,
    hours: o.hours.map(({ day, from, to }) => ({ day, from, to })), partner: partner.name, sector: sectorOf(sector, lang), promos: benefits.map(promo),
  }))
}

/** sectorsOf are those in which there is something. */
export function sectorsOf(all: Listing[], lang: Lang): Sector[] {
  return [...new Map(all.map(({ sector }) => [sector.id, sectorOf(sector, lang)])).values()].sort((a, b) => a.name.localeCompare(b.name))
}

export const wishOf = (w: WireWish, lang: Lang): Wish => ({ sector: sectorOf(w.sector, lang), wished: w.wished_at !== null, partner: w.partner })

export const useOf = (u: WireUse, seen: Set<string>): UseItem => ({
  id: u.id, at: seconds(u.at), partner: u.partner, outlet: u.outlet, title: u.title, gross: u.gross, discount: u.discount, net: u.net, state: u.state,
  receiptCode: u.receipt?.code ?? '', receiptUrl: u.receipt?.url ?? '', printed: u.card_form === 'printed', canDispute: u.can_dispute,
  dispute: u.dispute ? { at: seconds(u.dispute.at), reason: u.dispute.reason, decision: u.dispute.decision ?? '' } : null, fresh: !seen.has(u.id),
})

export const cardOf = (c: WireCard, phone: string): OwnCard => ({
  id: c.id, form: c.form, state: c.state, shortCode: c.short_code, expiresOn: c.expires_on, thisPhone: c.id === phone,
})

export const requestOf = (r: WireRequest): DataRequest => ({
  id: r.id, kind: r.kind, state: r.state, createdAt: seconds(r.created_at), dueAt: seconds(r.due_at), answer: r.answer ?? '',
})

export const accessOf = (a: WireAccess): Access => ({ at: seconds(a.at), role: a.role, branch: a.branch, action: a.action, reason: a.reason })

export const dataOf = ({ note, profile: p, memberships, consents }: WireData): OwnData => ({
  name: p.name, birthOn: p.birth_on ?? '', phone: p.phone ?? '', idNumberMasked: p.id_number_masked,
  memberships: memberships.map((m) => ({ kpjMasked: m.kpj_masked ?? '', segment: m.segment, status: m.status, protectedUntil: m.protected_until ?? '' })),
  consents: consents.map((c) => ({ version: c.version, givenAt: seconds(c.given_at), withdrawnAt: seconds(c.withdrawn_at) })),
  note,
})
