import type { Clock } from '../../gateway/core/clock.ts'

/** What a guard watches, and what it can do. */
export interface MemoryGuardOptions {
  readonly limitBytes: number
  readonly usedBytes: () => number
  /** Gives back what can be computed again. */
  readonly dropCaches: () => void
  readonly everyMs?: number
}

/** Whether there is memory for more work. */
export interface MemoryGuard {
  isFull(): boolean
  stop(): void
}

/** From here on caches are dropped, and then work is refused [R4]; readiness goes at 90 %. */
const fullRatio = 0.8
const defaultEveryMs = 250
/** The collector takes a moment to give dropped memory back. */
const settleMs = 1_000
/** Caches that are full again sooner than this are not the cause. */
const dropAgainMs = 60_000

/** Samples the memory in use: over the line it drops the caches, and when that has not helped a second later it is full. */
export const memoryGuard = (clock: Clock, options: MemoryGuardOptions): MemoryGuard => {
  const { limitBytes, usedBytes, dropCaches, everyMs = defaultEveryMs } = options
  let isFull = false
  let droppedAtMs = -Infinity
  const sample = (): void => {
    const sinceDropMs = clock.now() - droppedAtMs
    if (usedBytes() < fullRatio * limitBytes) isFull = false
    else if (sinceDropMs >= dropAgainMs) {
      dropCaches()
      droppedAtMs = clock.now()
    } else if (sinceDropMs >= settleMs) isFull = true
    cancel = clock.after(everyMs, sample)
  }
  let cancel = clock.after(everyMs, sample)
  return { isFull: () => isFull, stop: () => cancel() }
}
