import type { Call } from '../../gateway/core/call.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Try } from '../../gateway/core/embeddings.ts'
import { reasonOf, retryAfterOf } from '../../gateway/core/errors.ts'
import type { Alternatives, EmbedFn } from '../../gateway/core/layer.ts'
import type { RetrySettings } from '../../gateway/core/policy.ts'
import { trailOf, withTrail } from '../../gateway/core/trail.ts'
import { wait } from '../../gateway/core/wait.ts'
import { backoffMs } from './backoff.ts'
import type { RetryBudget } from './retry-budget.ts'
import { remedyOf } from './retryable.ts'

/** What retries of one tier are decided by. */
export interface RetryOptions {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Read at each failure, so that they can change. */
  readonly settings: () => RetrySettings
  /** Shared by all tiers. */
  readonly budget: Pick<RetryBudget, 'take'>
  readonly alternatives: Alternatives
  /** Told why each retry is made: bounded, see `reasonOf`. */
  readonly onRetry: (reason: string) => void
  /** Told when a retry would have been made, had the budget allowed it. */
  readonly onExhausted: () => void
}

/**
 * Makes a failed try again, as `remedyOf` allows: at once on another replica of the tier; otherwise not while a lower tier
 * can compute, which is the chain's next step and no retry; otherwise after a wait that fits the deadline. Each retry is
 * taken from the budget. The trail of what it returns or throws holds every try.
 *
 * @throws the last error; or, at once, what ended the call while it waited
 */
export const retry =
  (next: EmbedFn, options: RetryOptions): EmbedFn =>
  async (batch, call) => {
    const trail: Try[] = []
    let lastError: unknown
    let waits = 0
    for (let retries = 0; ; retries++) {
      try {
        const answer = await next(batch, call)
        return retries === 0 ? answer : { ...answer, trail: [...trail, ...answer.trail] }
      } catch (error) {
        const tries = trailOf(error)
        trail.push(...tries)
        // No replica could be called: what the last one said, if any, says more, and a wait would not change it.
        if (tries.length === 0) throw withTrail(lastError ?? error, trail)
        lastError = error
      }
      const delayMs = delayOf(lastError, call, retries, waits, options)
      if (delayMs === undefined) throw withTrail(lastError, trail)
      if (delayMs > 0) {
        waits++
        await wait(options.clock, delayMs, call).catch((ended: unknown) => {
          throw withTrail(ended, trail)
        })
        // The timer may be late: the loop was busy.
        if (call.deadline.remainingMs() <= 0) throw withTrail(lastError, trail)
      }
      options.onRetry(reasonOf(lastError))
    }
  }

/** Milliseconds until the next try, 0 for one on another replica; undefined when there is none. */
const delayOf = (
  error: unknown,
  call: Call,
  retries: number,
  waits: number,
  { random, settings, budget, alternatives, onExhausted }: RetryOptions,
): number | undefined => {
  const remedy = remedyOf(error)
  const current = settings()
  const remainingMs = call.deadline.remainingMs()
  if (remedy === 'never' || retries >= current.retries || call.endedBy || remainingMs <= 0) return undefined
  let delayMs = 0
  if (!alternatives.otherReplica(call)) {
    const retryAfterMs = retryAfterOf(error)
    const mayWait = remedy === 'again' || (remedy === 'told' && retryAfterMs !== undefined)
    if (!mayWait || alternatives.lowerTier() || !alternatives.sameTier()) return undefined
    delayMs = Math.max(backoffMs(waits, current, random), retryAfterMs ?? 0)
    if (delayMs >= remainingMs) return undefined
  }
  if (budget.take()) return delayMs
  onExhausted()
  return undefined
}
