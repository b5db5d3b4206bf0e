import type { Summary } from '../measure/statistics.ts'

/** Three significant digits, without an exponent. */
export const digits = (value: number): string => {
  if (!Number.isFinite(value)) return '-'
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)))
  return value.toFixed(Math.min(6, Math.max(0, 2 - magnitude)))
}

/** Median with its range: `143 (139..150)`. */
export const spread = ({ median, min, max }: Summary): string => `${digits(median)} (${digits(min)}..${digits(max)})`

/** `>= 1.4: met`, or how much is missing: `>= 1.4: no`. */
export const goal = (value: number, limit: { readonly atLeast?: number; readonly atMost?: number }): string => {
  const { atLeast, atMost } = limit
  const met = value >= (atLeast ?? -Infinity) && value <= (atMost ?? Infinity)
  const said = atLeast === undefined ? `<= ${atMost}` : `>= ${atLeast}`
  return `${said}: ${met ? 'met' : 'no'}`
}
