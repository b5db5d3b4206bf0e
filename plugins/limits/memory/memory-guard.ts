import type { Clock } from '../../../gateway/core/clock.ts'

/** What a guard watches, and what it can do. */
export interface MemoryGuardOptions {
  readonly limitBytes: number
  readonly usedBytes: () => number
  /** Gives back what can be computed again. */
  readonly dropCaches: (usedBytes: number) => void
  /** Told when memory has become full, and when there is room again. */
  readonly onChange: (isFull: boolean, usedBytes: number) => void
}

/** Whether there is memory for more work. */
export interface MemoryGuard {
  isFull(): boolean
  stop(): void
}

/**
 * Of the limit: from `begins` on caches are dropped, and then work is refused [R4]; readiness goes at 90 %. Work is taken again
 * below `ends`, or after `calmMs` below `begins`: the end of one request must not let in the next, which would fill the memory
 * again, but a process that is at rest between the two may never need less.
 */
export const fullRatios = { begins: 0.8, ends: 0.75 } as const
/** Below `begins` for this long, memory is no longer full: as long as an interactive request may take by default. */
export const calmMs = 10_000
const everyMs = 250
/** The collector takes a moment to give dropped memory back. */
const settleMs = 1_000
/** Caches that are full again sooner than this are not the cause. */
const dropAgainMs = 60_000

/** Samples the memory in use: over the line it drops the caches, and when that has not helped a second later it is full. */
export const memoryGuard = (clock: Clock, options: MemoryGuardOptions): MemoryGuard => {
  const { limitBytes, usedBytes, dropCaches, onChange } = options
  let isFull = false
  let droppedAtMs = -Infinity
  let scarceAtMs = -Infinity
  const become = (full: boolean, used: number): void => {
    if (full === isFull) return
    isFull = full
    onChange(full, used)
  }
  const relieve = (used: number, nowMs: number): void => {
    const sinceDropMs = nowMs - droppedAtMs
    if (sinceDropMs >= dropAgainMs) {
      dropCaches(used)
      droppedAtMs = nowMs
    } else if (sinceDropMs >= settleMs) become(true, used)
  }
  const sample = (): void => {
    const used = usedBytes()
    const nowMs = clock.now()
    if (used >= limitBytes * fullRatios.begins) {
      scarceAtMs = nowMs
      relieve(used, nowMs)
    } else if (used < limitBytes * fullRatios.ends || nowMs - scarceAtMs >= calmMs) become(false, used)
    cancel = clock.after(everyMs, sample)
  }
  let cancel = clock.after(everyMs, sample)
  return { isFull: () => isFull, stop: () => cancel() }
}
