import { recentSum, type RecentSum } from '../../gateway/core/recent-sum.ts'

/** What a window holds. */
export interface Counts {
  readonly calls: number
  readonly failures: number
}

/** How many calls there were in the last while, and how many of them failed. */
export interface SlidingWindow {
  readonly windowMs: number
  /** Counts `calls` at `nowMs`, of which `failures` failed. */
  add(nowMs: number, calls: number, failures: number): void
  /** What the window holds at `nowMs`. */
  countsAt(nowMs: number): Counts
  /** A window of another length with what this one holds, as far as it reaches; older calls were never kept. */
  resized(windowMs: number, nowMs: number): SlidingWindow
}

/** 60 buckets of a second for a minute. A call leaves the window at most a 60th of it too early. */
const bucketCount = 60

/** An empty window of `windowMs` over a monotonic clock. */
export const slidingWindow = (windowMs: number): SlidingWindow => {
  const empty = (): RecentSum => recentSum(windowMs / bucketCount, bucketCount)
  return windowOf(windowMs, empty(), empty())
}

const windowOf = (windowMs: number, calls: RecentSum, failures: RecentSum): SlidingWindow => ({
  windowMs,
  add: (nowMs, moreCalls, moreFailures) => {
    calls.add(nowMs, moreCalls)
    failures.add(nowMs, moreFailures)
  },
  countsAt: (nowMs) => ({ calls: calls.at(nowMs), failures: failures.at(nowMs) }),
  resized: (otherMs, nowMs) => {
    const inOther = (sum: RecentSum): RecentSum => sum.inBucketsOf(otherMs / bucketCount, nowMs)
    return windowOf(otherMs, inOther(calls), inOther(failures))
  },
})
