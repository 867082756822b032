// What the owner's page asks of the server, with the cookie of the session.
import { createCall, type Answer } from '../../../shared/api'
import { Clock, phone } from '../../../shared/clock'
import { pemilik } from '../../../../internal/words/id.json?owner.json'
import { problem, section } from '../words'

export const words = (): typeof pemilik => section('pemilik', pemilik)

const withCookie: typeof fetch = (input, init) => fetch(input, { ...init, credentials: 'same-origin' })
const call = createCall(withCookie, new Clock(), phone)

/** Refused is an answer that is no: its code has a sentence. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code)
  }
}

async function ask<T>(method: string, path: string, body?: object): Promise<T> {
  const answer: Answer<T> = await call<T>(method, path, body ? { body } : {})
  if (answer.status < 200 || answer.status > 299) throw new Refused(answer.status, answer.code)
  return answer.data as T
}

export function sentence(fault: unknown): string {
  const code = fault instanceof Refused ? fault.code : 'other'
  const own: Record<string, string> = words().problems
  return own[code] ?? problem(code)
}

interface Scope {
  partner_id?: string
  outlet_id?: string
}
export interface Account {
  name: string
  email: string
  grants: { role: string; scope: Scope }[]
}
export interface Partner {
  id: string
  name: string
}
export interface Outlet {
  id: string
  name: string
  address: string
  partner_name: string
  state: 'active' | 'closed'
}
export interface Till {
  id: string
  name: string
  fingerprint: string
  state: 'pending' | 'active' | 'revoked'
  created_at: string
  confirmed_at?: string
}
export interface Enrolment {
  code: string
  link: string
  expires_at: string
}
export interface Person {
  id: string
  name: string
  state: 'active' | 'locked' | 'ended'
}
interface List<T> {
  items: T[]
  next_cursor: string
}

async function all<T>(path: string): Promise<T[]> {
  const out: T[] = []
  let cursor = ''
  do {
    const page: List<T> = await ask('GET', `${path}?limit=200${cursor && '&cursor=' + encodeURIComponent(cursor)}`)
    out.push(...page.items)
    cursor = page.next_cursor
  } while (cursor && out.length < 2000)
  return out
}

const items = async <T>(path: string): Promise<T[]> => (await ask<List<T>>('GET', path)).items

export const requests = {
  me: async (): Promise<Account | null> => (await ask<{ account?: Account }>('GET', '/v1/me')).account ?? null,
  signIn: (email: string, password: string, totp: string) =>
    ask<{ account: Account }>('POST', '/v1/sessions', { email, password, ...(totp && { totp }) }).then((s) => s.account),
  signOut: () => ask('DELETE', '/v1/sessions/current'),
  partners: () => all<Partner>('/v1/partners'),
  outlet: (id: string) => ask<Outlet>('GET', `/v1/outlets/${id}`),
  outlets: (partner: string) => all<Outlet>(`/v1/partners/${partner}/outlets`),
  tills: (outlet: string) => items<Till>(`/v1/outlets/${outlet}/tills`),
  enrol: (outlet: string) => ask<Enrolment>('POST', `/v1/outlets/${outlet}/enrolments`),
  confirm: (till: string) => ask('POST', `/v1/tills/${till}/confirm`),
  revoke: (till: string) => ask('POST', `/v1/tills/${till}/revoke`),
  cashiers: (outlet: string) => items<Person>(`/v1/outlets/${outlet}/cashiers`),
  addCashier: (outlet: string, name: string, pin: string) => ask('POST', `/v1/outlets/${outlet}/cashiers`, { name, pin }),
  setPin: (cashier: string, pin: string) => ask('POST', `/v1/cashiers/${cashier}/pin`, { pin }),
  endCashier: (cashier: string) => ask('POST', `/v1/cashiers/${cashier}/end`),
}
export type Requests = typeof requests
