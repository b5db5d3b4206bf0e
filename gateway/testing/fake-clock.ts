import type { Cancel, Clock } from '../core/clock.ts'

/** A clock that stands still until it is told to move. */
export interface FakeClock extends Clock {
  /** Moves time forward, firing timers in order and letting promises settle after each. */
  advance(ms: number): Promise<void>
  /** Timers that are armed now. */
  readonly pending: number
}

interface Timer {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

/** A fake clock; wall time starts at `wallStartMs`, monotonic time at 0. */
export const fakeClock = (wallStartMs = 1_700_000_000_000): FakeClock => {
  let nowMs = 0
  let created = 0
  const timers = new Set<Timer>()
  const nextDue = (untilMs: number): Timer | undefined =>
    [...timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs || a.order - b.order)[0]
  return {
    now: () => nowMs,
    wallNow: () => wallStartMs + nowMs,
    after: (delayMs, run): Cancel => {
      const timer: Timer = { atMs: nowMs + Math.max(0, delayMs), order: created++, run }
      timers.add(timer)
      return () => timers.delete(timer)
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
        nowMs = timer.atMs
        timers.delete(timer)
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
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
