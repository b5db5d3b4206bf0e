import type { Scale } from '../../../monitoring/stack/rules.ts'

const factor = 60
const longestMs = 30_000

/** What these alerts look at takes longer than a sixtieth of their windows: canaries come every 24 to 36 s. */
const windows: Readonly<Record<string, number>> = {
  CanariesStopped: 45_000,
  WorkerRestarts: 90_000,
  BackendLost: 120_000,
}

/** A minute becomes a second, and what is longer than half an hour half a minute. */
export const shortened: Scale = (ms, { alert = '' }, of) =>
  (of === 'window' ? windows[alert] : undefined) ?? Math.min(longestMs, ms / factor)
