import type { Clock } from '../../gateway/core/clock.ts'
import type { RetryBudgetSettings } from '../../gateway/core/policy.ts'
import { recentSum } from '../../gateway/core/recent-sum.ts'

/** How much of a budget is used. */
export interface BudgetLevel {
  /** Requests of the last 10 s. */
  readonly requests: number
  /** Retries of the last 10 s. */
  readonly retries: number
  /** Retries that may still be made now. */
  readonly left: number
}

/** Bounds the retries of all requests together, so that they cannot become the load that keeps a backend down. */
export interface RetryBudget {
  /** Counts a request, which allows more retries from now on. */
  countRequest(): void
  /** Takes one retry; false when there is none left. */
  take(): boolean
  level(): BudgetLevel
}

/** After Finagle, whose budgets forget what is 10 s old. */
export const budgetWindowMs = 10_000

/** What happened within one of these is forgotten together. */
const bucketMs = 100

/**
 * Allows max(`ratio` x requests, `minPerSecond` x 10) retries in any 10 s. What is allowed can be used at once: an idle
 * gateway may spend the minimum of 10 s in one burst.
 *
 * A count of buckets is inexact by one of them: retries are counted over a little more than 10 s and requests over a little
 * less, so that the bound holds whichever 10 s are looked at.
 *
 * @param settings read at each use, so that they can change
 */
export const retryBudget = (clock: Pick<Clock, 'now'>, settings: () => RetryBudgetSettings): RetryBudget => {
  const buckets = budgetWindowMs / bucketMs
  const requests = recentSum(bucketMs, buckets)
  const retries = recentSum(bucketMs, buckets + 1)
  const left = (): number => {
    const { ratio, minPerSecond } = settings()
    const nowMs = clock.now()
    const allowed = Math.max(ratio * requests.at(nowMs), (minPerSecond * budgetWindowMs) / 1_000)
    return Math.max(0, Math.floor(allowed - retries.at(nowMs)))
  }
  return {
    countRequest: () => requests.add(clock.now(), 1),
    take: () => {
      if (left() < 1) return false
      retries.add(clock.now(), 1)
      return true
    },
    level: () => ({ requests: requests.at(clock.now()), retries: retries.at(clock.now()), left: left() }),
  }
}
