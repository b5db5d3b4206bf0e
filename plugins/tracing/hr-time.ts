import type { HrTime } from '@opentelemetry/api'

/** Seconds and nanoseconds of a moment since the epoch: of a plain number the SDK would guess which epoch it is of. */
export const hrTime = (ms: number): HrTime => {
  const seconds = Math.trunc(ms / 1_000)
  return [seconds, Math.round((ms - seconds * 1_000) * 1_000_000)]
}
