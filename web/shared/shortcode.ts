// Typed short codes: seven characters of Crockford's base32 and a check
// character, as in the server's package cards.

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** Multiplication in GF(32) modulo x^5+x^2+1. */
function mul(a: number, b: number): number {
  let out = 0
  for (; b; b >>= 1) {
    if (b & 1) out ^= a
    a <<= 1
    if (a & 32) a ^= 37
  }
  return out
}

/**
 * readShortCode returns null when the text has not the form of a short code,
 * else whether its check character is right. Spaces, dashes and lower case are
 * tolerated; I and L are read as 1, O as 0.
 */
export function readShortCode(text: string): { code: string; good: boolean } | null {
  if (text.length > 32) return null
  const code = text.replace(/[ -]/g, '').toUpperCase().replace(/[IL]/g, '1').replace(/O/g, '0')
  if (!/^[0-9A-HJKMNP-TV-Z]{8}$/.test(code) || /[^\x20-\x7e]/.test(text)) return null
  let sum = 0
  let weight = 1
  for (let i = 7; i >= 0; i--, weight = mul(weight, 2)) sum ^= mul(weight, alphabet.indexOf(code[i]!))
  return { code, good: sum === 0 }
}
