// What a promo takes off a bill, in whole rupiah. Shared cases hold this file
// and the server's benefits.Terms.Discount together.
import type { Terms } from './terms'

/** discount: the rule of the kind, percent rounded down; then the cap; then the bill itself. */
export function discount(terms: Pick<Terms, 'kind' | 'value' | 'max_discount'>, gross: number): number {
  if (gross <= 0) return 0
  return Math.min(Math.max(Math.min(byKind(terms.kind, terms.value, gross), terms.max_discount ?? gross), 0), gross)
}

function byKind(kind: Terms['kind'], value: number, gross: number): number {
  const rest = gross % 100
  switch (kind) {
    case 'percent': // in two parts, whole numbers only
      return ((gross - rest) / 100) * value + Math.floor((rest * value) / 100)
    case 'package_price':
      return gross - value
    default:
      return value
  }
}
