import type { Clock } from '../../gateway/core/clock.ts'

/** How late the event loop is, lately. */
export interface LoopDelay {
  /** Milliseconds, over the last samples; 0 before the first one. @param share of the samples that are not above it */
  percentile(share: number): number
  stop(): void
}

/** How often the loop is asked, and how many answers count: the last five seconds of a loop that is in time. */
const everyMs = 20
const samples = 250

/**
 * Measures how late timers fire. The percentile is of recent samples: over the life of a process one stall is soon lost
 * among millions. With 250 samples the 99th percentile takes three stalls: one pause of the garbage collector is no overload.
 */
export const loopDelay = (clock: Clock): LoopDelay => {
  const delays = new Float64Array(samples)
  let count = 0
  let sorted: Float64Array | undefined
  let dueMs = clock.now() + everyMs
  const sample = (): void => {
    delays[count++ % samples] = Math.max(0, clock.now() - dueMs)
    sorted = undefined
    dueMs = clock.now() + everyMs
    cancel = clock.after(everyMs, sample)
  }
  let cancel = clock.after(everyMs, sample)
  return {
    percentile: (share) => {
      sorted ??= delays.slice(0, Math.min(count, samples)).sort()
      return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
    },
    stop: () => cancel(),
  }
}
