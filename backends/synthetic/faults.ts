import { BackendError } from '../../gateway/core/errors.ts'
import type { FaultName, FaultWindow } from './options.ts'

/** The fault that shows `elapsedMs` after the start in call number `call` (0 first), by the first line that fits. */
export const faultAt = (script: readonly FaultWindow[], elapsedMs: number, call: number): FaultName | undefined =>
  script.find(
    ({ afterMs = 0, forMs = Infinity, afterCalls = 0, forCalls = Infinity }) =>
      elapsedMs >= afterMs && elapsedMs < afterMs + forMs && call >= afterCalls && call < afterCalls + forCalls,
  )?.fault

/** What faults that are errors throw; the others show in another way. */
export const errorsOfFaults: { readonly [Fault in FaultName]?: () => BackendError } = {
  error: () => new BackendError('error', 'a scripted failure'),
  busy: () => new BackendError('busy', 'a scripted full queue', { retryAfterMs: 1_000 }),
  drop: () => new BackendError('connection', 'a scripted broken connection'),
  down: () => new BackendError('unavailable', 'a scripted outage'),
}
