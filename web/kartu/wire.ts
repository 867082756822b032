// What the server says to a participant's phone, as far as the phone reads it.

export interface Page<T> {
  items: T[]
  next_cursor: string
}

export interface Activated {
  card: { id: string; text: string; expires_on: string; masked_name: string; short_code?: string }
  participant_token?: string
}

export interface OwnCardText {
  card: { id: string; text: string; expires_on: string }
  masked_name: string
  short_code: string
  state: string
}

export interface Status {
  at: string
  card: { id: string; state: string; reason: string; expires_on: string }
  membership: { state: string; protected_until?: string; status_as_of?: string; segment?: string }
  branch: { name: string; region_codes?: string[] }
  notice_version: string
  consent_version: string
}

export interface WireNotice {
  version: string
  hash: string
  text: { id: { heading: string; body: string }[]; en: { heading: string; body: string }[] }
}

export interface Listing {
  outlet: {
    id: string
    name: string
    address: string
    region_code: string
    region: string
    latitude: number | null
    longitude: number | null
    zone: string
    hours: { day: number; from: string; to: string }[]
  }
  partner: { id: string; name: string }
  sector: { id: string; code: string; name_id: string; name_en: string }
  benefits: { id: string; version: number; title: string; summary: { id: string; en: string }; exclusions: string; valid_to: string; needs_id_check: boolean }[]
}

export interface ForMe {
  items: { benefit_id: string; eligible: boolean; reason: string; remaining: number | null; per: string; until: string }[]
}

export interface WireUse {
  id: string
  at: string
  partner: string
  outlet: string
  title: string
  gross: number
  discount: number
  net: number
  state: 'recorded' | 'voided' | 'disputed' | 'upheld' | 'reversed'
  card_form: string
  receipt: { code: string; url: string } | null
  dispute?: { at: string; reason: string; decision?: string } | null
  can_dispute: boolean
}

export interface Savings {
  year: number
  uses: number
  discount: number
}

export interface WireWish {
  sector: { id: string; code: string; name_id: string; name_en: string; state: string }
  wished_at: string | null
  partner: string
}

export interface WireCard {
  id: string
  form: 'phone' | 'printed'
  state: 'active' | 'revoked' | 'replaced'
  short_code: string
  expires_on: string
}

export interface WireRequest {
  id: string
  kind: 'see' | 'export' | 'correct' | 'withdraw' | 'erase'
  state: 'open' | 'prepared' | 'done' | 'refused' | 'cancelled'
  due_at: string
  created_at: string
  answer?: string
}

export interface WireAccess {
  at: string
  role: string
  branch: string
  action: string
  reason: string
}

export interface WireData {
  note: string
  profile: { name: string; birth_on?: string; phone?: string; id_number_masked: string }
  memberships: { kpj_masked?: string; segment: string; status: string; protected_until?: string }[]
  consents: { version: string; given_at: string; withdrawn_at?: string }[]
}
