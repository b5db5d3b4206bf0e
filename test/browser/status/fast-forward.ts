import type { Clock } from '../../../gateway/core/clock.ts'

/** A clock that runs `speed` times as fast until it has caught up with the wall, which it starts `behindMs` behind. */
export const fastForward = (behindMs: number, speed: number): Clock => {
  const startMs = performance.now()
  const wallStartMs = Date.now() - behindMs
  // It gains on the wall by `speed - 1` milliseconds in each.
  const fastMs = (behindMs / (speed - 1)) * speed
  const realAt = (ms: number): number => (ms < fastMs ? ms / speed : fastMs / speed + ms - fastMs)
  const now = (): number => {
    const realMs = performance.now() - startMs
    return realMs * speed < fastMs ? realMs * speed : fastMs + realMs - fastMs / speed
  }
  return {
    now,
    wallNow: () => wallStartMs + now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, realAt(now() + delayMs) - realAt(now()))
      timer.unref()
      return () => clearTimeout(timer)
    },
  }
}
