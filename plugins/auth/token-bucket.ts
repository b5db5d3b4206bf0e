import type { Clock } from '../../gateway/core/clock.ts'

/** How much may be taken, refilled evenly over time. */
export interface TokenBucket {
  /**
   * Takes `cost` and returns 0, or takes nothing and returns the milliseconds until it would succeed. A cost above the
   * capacity is taken from a full bucket and leaves a debt: large requests wait longer, but none waits for ever.
   */
  take(cost: number): number
  /** Gives back what was taken too much; a negative amount takes the rest, if need be as a debt. */
  give(amount: number): void
  /** Whole units left; 0 while in debt. */
  remaining(): number
  /** Milliseconds until it is full. */
  fullInMs(): number
}

/** Refilling adds fractions, whose sum may miss a whole by this much. */
const rounding = 1e-6

/** A full bucket of `perMinute` that refills at `perMinute` a minute. */
export const tokenBucket = (clock: Clock, perMinute: number): TokenBucket => {
  const perMs = perMinute / 60_000
  let level = perMinute
  let atMs = clock.now()
  const refill = (): void => {
    const nowMs = clock.now()
    level = Math.min(perMinute, level + (nowMs - atMs) * perMs)
    atMs = nowMs
  }
  return {
    take: (cost) => {
      refill()
      const missing = Math.min(cost, perMinute) - level
      if (missing > rounding) return Math.max(1, Math.ceil(missing / perMs - rounding))
      level -= cost
      return 0
    },
    give: (amount) => {
      refill()
      level = Math.min(perMinute, level + amount)
    },
    remaining: () => {
      refill()
      return Math.max(0, Math.floor(level))
    },
    fullInMs: () => {
      refill()
      return Math.ceil((perMinute - level) / perMs)
    },
  }
}
