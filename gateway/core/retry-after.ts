/** Headers of an answer, names in lower case. */
type Headers = Readonly<Record<string, string | string[] | undefined>>

/** An engine's clock may be wrong: no wait is longer. */
const mostMs = 3_600_000

/**
 * How long an engine that is full asks to be left alone, in milliseconds: `retry-after-ms`, else `retry-after` (seconds or
 * a date), else the sooner of OpenAI's `x-ratelimit-reset-*`. Undefined where it does not say, or says nonsense.
 *
 * @param wallMs the time of day, for dates
 */
export const retryAfterMsOf = (headers: Headers, wallMs: number): number | undefined => {
  const resets = resetHeaders.map((name) => durationMs(text(headers[name]))).filter((each) => each !== undefined)
  const waitMs =
    plainNumber(text(headers['retry-after-ms'])) ??
    secondsOrDate(text(headers['retry-after']), wallMs) ??
    (resets.length > 0 ? Math.min(...resets) : undefined)
  return waitMs === undefined ? undefined : Math.min(mostMs, Math.max(0, waitMs))
}

/** What an engine that is full says of it. */
export interface Overload {
  /** Undefined where it does not say. */
  readonly retryAfterMs?: number
}

/**
 * Whether an answer means that the engine is full: a 429, or a 503 with a time to come back. Undefined when it does not.
 *
 * @param wallMs the time of day
 */
export const overloadOf = (status: number, headers: Headers, wallMs: number): Overload | undefined => {
  const retryAfterMs = retryAfterMsOf(headers, wallMs)
  // Many answers carry the times of rate limits, and an outage is none: of a 503 only a time of its own counts.
  const asksToWait = headers['retry-after'] !== undefined || headers['retry-after-ms'] !== undefined
  if (status !== 429 && !(status === 503 && asksToWait && retryAfterMs !== undefined)) return undefined
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

const resetHeaders = ['x-ratelimit-reset-requests', 'x-ratelimit-reset-tokens'] as const

const text = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value)

const plainNumber = (value: string | undefined): number | undefined =>
  value !== undefined && /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) : undefined

const secondsOrDate = (value: string | undefined, wallMs: number): number | undefined => {
  const seconds = plainNumber(value)
  if (seconds !== undefined) return seconds * 1_000
  // `Date.parse` takes much that is no date of HTTP, even a negative number; all of those name the month.
  const atMs = value !== undefined && /[a-z]{3}/i.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(atMs) ? undefined : atMs - wallMs
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Go's way to write a duration, which OpenAI has: `6m0s`, `1.5s`, `20ms`. */
const durationMs = (value: string | undefined): number | undefined => {
  if (value === undefined || !/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(value)) return undefined
  let sum = 0
  for (const [, count, unit] of value.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    sum += Number(count) * (unitMs[unit ?? ''] ?? 0)
  }
  return sum
}
