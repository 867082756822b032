// The one place that calls fetch. It tells "no answer" (status 0: nothing came
// that our server wrote) from an answer, and hears the server's time.
import { type Clock, type ClockSource } from './clock'

export interface Answer<T> {
  status: number // 0: no answer
  data: T | null // the body; null for a refusal
  code: string // of the refusal, else ''
  etag: string
}

export interface Ask {
  body?: unknown
  headers?: Record<string, string>
  timeout?: number // ms
  signal?: AbortSignal | undefined
}

export type Call = <T>(method: string, path: string, ask?: Ask) => Promise<Answer<T>>

export const none = { status: 0, data: null, code: 'offline', etag: '' }

export function createCall(fetcher: typeof fetch, clock: Clock, source: ClockSource, base = ''): Call {
  return async <T>(method: string, path: string, { body, headers, timeout = 10_000, signal }: Ask = {}): Promise<Answer<T>> => {
    const stop = new AbortController()
    const abort = (): void => stop.abort()
    const timer = setTimeout(abort, timeout)
    signal?.addEventListener('abort', abort)
    if (signal?.aborted) abort()
    const sent = source.mono()
    try {
      const r = await fetcher(base + path, {
        method, signal: stop.signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
        headers: body === undefined ? { ...headers } : { 'Content-Type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const answer = await read<T>(r)
      // What a cache on the way kept (/s/N is public) bears the Date of then.
      if (answer.status) clock.heard(Date.parse(r.headers.get('Date') ?? '') / 1000 + (Number(r.headers.get('Age')) || 0), sent)
      return answer
    } catch {
      return none
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }
}

async function read<T>(r: Response): Promise<Answer<T>> {
  const { status } = r
  const type = r.headers.get('Content-Type') ?? ''
  const text = status === 204 || status === 304 ? '' : await r.text()
  const etag = r.headers.get('ETag') ?? ''
  if (status === 204 || status === 304) return { status, data: null, code: '', etag }
  const json = /\bjson\b/.test(type)
  if (!json && !type.includes('jwt')) return none // a portal or proxy, not our server
  const data: unknown = json ? JSON.parse(text) : text
  if (r.ok) return { status, data: data as T, code: '', etag }
  const code = (data as { code?: unknown } | null)?.code
  return { status, data: null, code: typeof code === 'string' ? code : 'other', etag }
}
