import type { Clock } from '../core/clock.ts'

/** A wait that can be cut short. */
export interface Pause {
  /** Resolves when the time is over or `end` was called. */
  readonly over: Promise<void>
  end(): void
}

/** Waits `ms`. */
export const pause = (clock: Clock, ms: number): Pause => {
  let end: () => void
  const over = new Promise<void>((resolve) => {
    const cancel = clock.after(ms, resolve)
    end = () => {
      cancel()
      resolve()
    }
  })
  return { over, end: () => end() }
}
