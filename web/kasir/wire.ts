// What the server says to a till, as far as the till reads it.
import type { JWK } from '../shared/keys'
import type { Terms } from '../shared/terms'
import type { Pin } from './pin'

export interface Joined {
  till_id: string
  fingerprint: string
  state: string
  audience?: string
  hand_in_audience?: string
}

export interface Benefit {
  id: string
  version: number
  title: string
  state: string
  terms: Terms
  summary: { id: string; en: string }
}

export interface WireCashier {
  id: string
  name: string
  state: string
  pin_version: number
  pin: Pin
}

export interface Bundle {
  server_time: number
  origin: string
  till: { id: string; name: string; fingerprint: string }
  partner: { id: string; name: string }
  outlet: { id: string; name: string; zone: string; open: boolean }
  policy: {
    proof_window: number
    status_max_age: number
    scan_life: number
    void_window: number
    printed: string
    pin_attempts: number
  }
  jwks: { keys: JWK[] }
  status: { shard: number; version: number; url: string }[]
  benefits: Benefit[]
  allowances: string[]
  cashiers: WireCashier[]
}

export interface Validation {
  verdict: 'valid' | 'not_valid' | 'cannot_tell'
  reason: string
  card?: { form: string; masked_name: string; expires_on: string; needs_id_check: boolean }
  benefits: { id: string; version: number; title: string; eligible: boolean; reason: string; remaining: number | null }[]
  scan_id: string
}

export interface Receipt {
  code: string
  url: string
}

export interface Redemption {
  id: string
  outcome: string
  reason: string
  state: string
  gross: number
  discount: number
  net: number
  flags: string[]
  receipt?: Receipt
}

/** RedeemBody is sent again as it is until there is an answer. */
export interface RedeemBody {
  scan_id?: string
  card?: string
  benefit_id: string
  gross: number
  receipt_number?: string
  occurred_at?: string
  cashier_id?: string
  id_checked?: boolean
}

export interface Result {
  key: string
  outcome: 'granted' | 'refused' | 'rejected'
  reason: string
  id: string | null
  flags: string[]
  receipt?: Receipt
}
