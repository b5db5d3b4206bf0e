import type { Cancel, Clock } from '../core/clock.ts'
import { timerHeap } from './timer-heap.ts'

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves time forward, firing timers in order and letting promises settle after each. */
  advance(ms: number): Promise<void>
  /** Timers that are armed now. */
  readonly pending: number
}

/**
 * A fake clock; wall time starts at `wallStartMs`, monotonic time at 0.
 *
 * @param settle lets all that is ready run; promise reactions and one round of the event loop by default
 */
export const fakeClock = (
  wallStartMs = 1_700_000_000_000,
  settle: () => Promise<void> = oneRoundOfTheLoop,
): FakeClock => {
  let nowMs = 0
  const timers = timerHeap()
  return {
    now: () => nowMs,
    wallNow: () => wallStartMs + nowMs,
    after: (delayMs, run): Cancel => {
      const timer = timers.add(nowMs + Math.max(0, delayMs), run)
      return () => timers.remove(timer)
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (let timer = timers.first(); timer && timer.atMs <= untilMs; timer = timers.first()) {
        nowMs = timer.atMs
        timers.remove(timer)
        timer.run()
        await settle()
      }
      nowMs = untilMs
      await settle()
    },
    get pending() {
      return timers.size
    },
  }
}

/** Lets everything that is ready run: promise reactions of promise reactions, and immediates. */
const oneRoundOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
