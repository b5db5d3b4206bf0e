/** A sum of what happened lately, over a monotonic clock. */
export interface RecentSum {
  /** `amount` happened at `nowMs`. */
  add(nowMs: number, amount: number): void
  /** What happened within the time that is counted, as of `nowMs`. */
  at(nowMs: number): number
  /** The same in as many buckets of `bucketMs`, as far as they reach; what is older was never kept. */
  inBucketsOf(bucketMs: number, nowMs: number): RecentSum
}

/**
 * Sums over the bucket that runs and the `buckets` - 1 before it, so that what happened is forgotten at most a bucket too
 * early. Adding and reading take the same time however much is counted, no timer moves it, and after any time in which
 * nothing happened it is right at once.
 */
export const recentSum = (bucketMs: number, buckets: number): RecentSum => {
  const sums = new Float64Array(buckets)
  let total = 0
  /** Buckets are numbered from the clock's origin; the newest one stands at its number modulo their count. */
  let newest = 0

  const moveTo = (nowMs: number): void => {
    const bucket = Math.floor(nowMs / bucketMs)
    const passed = Math.min(bucket - newest, buckets)
    for (let step = 1; step <= passed; step++) {
      const expired = (newest + step) % buckets
      total -= sums[expired] ?? 0
      sums[expired] = 0
    }
    newest = Math.max(newest, bucket)
  }
  return {
    add: (nowMs, amount) => {
      moveTo(nowMs)
      const present = newest % buckets
      sums[present] = (sums[present] ?? 0) + amount
      total += amount
    },
    at: (nowMs) => {
      moveTo(nowMs)
      return total
    },
    inBucketsOf: (otherMs, nowMs) => {
      moveTo(nowMs)
      const other = recentSum(otherMs, buckets)
      for (let bucket = Math.max(0, newest - buckets + 1); bucket <= newest; bucket++)
        other.add(bucket * bucketMs, sums[bucket % buckets] ?? 0)
      return other
    },
  }
}
