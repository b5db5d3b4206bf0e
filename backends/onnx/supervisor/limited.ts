import type { Clock } from '../../../gateway/core/clock.ts'

/** How long something may take. */
export interface Limit {
  readonly clock: Clock
  readonly limitMs: number
  /** What it ends with when it takes longer. */
  readonly reason: () => Error
}

/**
 * Runs `work` with a signal of its own, which fires with the reason of `signal`, or when the limit is over. Neither timer nor
 * listener stays.
 */
export const limited = async <T>(
  { clock, limitMs, reason }: Limit,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted()
  const limit = new AbortController()
  const stop = (): void => limit.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  const cancelTimer = clock.after(limitMs, () => limit.abort(reason()))
  try {
    return await work(limit.signal)
  } finally {
    cancelTimer()
    signal.removeEventListener('abort', stop)
  }
}
