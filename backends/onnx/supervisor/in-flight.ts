import type { Clock } from '../../../gateway/core/clock.ts'

/** Counts work that is going on, for whoever must wait until it is done. */
export interface InFlight {
  run<T>(work: () => Promise<T>): Promise<T>
  /** Resolves when nothing is going on, or after `limitMs`. */
  idle(limitMs: number): Promise<void>
}

/** Nothing in flight yet. */
export const inFlight = (clock: Clock): InFlight => {
  let count = 0
  const waiting = new Set<() => void>()
  return {
    async run(work) {
      count += 1
      try {
        return await work()
      } finally {
        count -= 1
        if (count === 0) for (const done of waiting) done()
      }
    },
    idle: (limitMs) =>
      new Promise((resolve) => {
        if (count === 0) return resolve()
        const done = (): void => {
          cancel()
          waiting.delete(done)
          resolve()
        }
        const cancel = clock.after(limitMs, done)
        waiting.add(done)
      }),
  }
}
