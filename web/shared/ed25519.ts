// Ed25519 by the browser where it can (Chrome 137), else by a small library
// that is fetched only then.
import { type Bytes } from './bytes'

type Verify = (signature: Bytes, message: Bytes, key: Bytes) => Promise<boolean>

const native: Verify = async (signature, message, key) => {
  const k = await crypto.subtle.importKey('raw', key, 'Ed25519', false, ['verify'])
  return crypto.subtle.verify('Ed25519', k, signature, message)
}

const library: Verify = async (signature, message, key) => {
  const { verifyAsync } = await import('@noble/ed25519')
  return verifyAsync(signature, message, key, { zip215: false })
}

let chosen: Promise<Verify> | undefined

/** A point of the curve, to ask whether the browser knows it at all. */
const probe = Uint8Array.of(88, ...new Array<number>(31).fill(102))

async function choose(): Promise<Verify> {
  try {
    await crypto.subtle.importKey('raw', probe, 'Ed25519', false, ['verify'])
    return native
  } catch {
    return library
  }
}

/** use forces one implementation (tests), or the choice again with undefined. */
export function use(which?: 'native' | 'library'): void {
  chosen = which && Promise.resolve(which === 'native' ? native : library)
}

/** verify reports whether the signature holds; never throws, whatever the bytes. */
export async function verify(signature: Bytes, message: Bytes, key: Bytes): Promise<boolean> {
  try {
    return await (await (chosen ??= choose()))(signature, message, key)
  } catch {
    return false
  }
}
