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

/**
 * A window of `windowMs` over a monotonic clock, in 60 buckets with running totals: adding and reading take the same time
 * however many calls there are, no timer moves it, and after any time without calls it is right at once.
 */
export const slidingWindow = (windowMs: number): SlidingWindow => {
  const widthMs = windowMs / bucketCount
  const calls = new Float64Array(bucketCount)
  const failures = new Float64Array(bucketCount)
  let totalCalls = 0
  let totalFailures = 0
  /** Buckets are numbered from the clock's origin; the newest one stands at its number modulo their count. */
  let newest = 0

  const moveTo = (nowMs: number): void => {
    const bucket = Math.floor(nowMs / widthMs)
    const passed = Math.min(bucket - newest, bucketCount)
    for (let step = 1; step <= passed; step++) {
      const expired = (newest + step) % bucketCount
      totalCalls -= calls[expired] ?? 0
      totalFailures -= failures[expired] ?? 0
      calls[expired] = 0
      failures[expired] = 0
    }
    newest = Math.max(newest, bucket)
  }
  const add = (nowMs: number, moreCalls: number, moreFailures: number): void => {
    moveTo(nowMs)
    const at = newest % bucketCount
    calls[at] = (calls[at] ?? 0) + moreCalls
    failures[at] = (failures[at] ?? 0) + moreFailures
    totalCalls += moreCalls
    totalFailures += moreFailures
  }

  return {
    windowMs,
    add,
    countsAt: (nowMs) => {
      moveTo(nowMs)
      return { calls: totalCalls, failures: totalFailures }
    },
    resized: (otherMs, nowMs) => {
      moveTo(nowMs)
      const other = slidingWindow(otherMs)
      for (let bucket = Math.max(0, newest - bucketCount + 1); bucket <= newest; bucket++) {
        const at = bucket % bucketCount
        other.add(bucket * widthMs, calls[at] ?? 0, failures[at] ?? 0)
      }
      return other
    },
  }
}
