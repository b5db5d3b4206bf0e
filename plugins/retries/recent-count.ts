import type { Clock } from '../../gateway/core/clock.ts'

/** A count of what happened lately. */
export interface RecentCount {
  /** Something happened now. */
  add(): void
  /** How often it happened within the time that is counted. */
  total(): number
}

/** What happened within one of these is forgotten together. */
export const bucketMs = 100

/** Counts over the bucket that runs and the `buckets` - 1 before it. Memory and time do not grow with what is counted. */
export const recentCount = (clock: Pick<Clock, 'now'>, buckets: number): RecentCount => {
  const counts = new Uint32Array(buckets)
  let total = 0
  let current = 0
  const moveOn = (): void => {
    const now = Math.floor(clock.now() / bucketMs)
    for (let next = Math.max(current + 1, now - buckets + 1); next <= now; next++) {
      total -= counts[next % buckets] ?? 0
      counts[next % buckets] = 0
    }
    current = now
  }
  return {
    add: () => {
      moveOn()
      counts[current % buckets] = (counts[current % buckets] ?? 0) + 1
      total++
    },
    total: () => {
      moveOn()
      return total
    },
  }
}
