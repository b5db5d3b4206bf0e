import type { BreakerSettings } from '../../gateway/core/policy.ts'
import { slidingWindow, type Counts } from './sliding-window.ts'

/** Which rule opened a breaker. It selects how long it stays open and how many successes close it. */
export type TripCause = keyof BreakerSettings

/** What the two rules decide by: the calls of their windows. */
export interface TripRules {
  /** Counts a call that has just ended. */
  add(nowMs: number, failed: boolean): void
  /** The rule that wants the breaker open now; `rate` when both do, since it says more. Asked after a failure only. */
  broken(nowMs: number): TripCause | undefined
  countsAt(nowMs: number): Readonly<Record<TripCause, Counts>>
  /** Goes by other settings from now on; what the windows hold stays, as far as the new ones reach. */
  configure(settings: BreakerSettings, nowMs: number): void
}

/** Both rules with empty windows. */
export const tripRules = (initial: BreakerSettings): TripRules => {
  let settings = initial
  let burst = slidingWindow(settings.burst.windowMs)
  let rate = slidingWindow(settings.rate.windowMs)

  const isSick = ({ calls, failures }: Counts): boolean =>
    calls >= settings.rate.minCalls && failures > settings.rate.ratio * calls
  const isBurst = ({ calls, failures }: Counts): boolean =>
    failures >= settings.burst.failures && failures >= settings.burst.minRatio * calls

  return {
    add: (nowMs, failed) => {
      burst.add(nowMs, 1, failed ? 1 : 0)
      rate.add(nowMs, 1, failed ? 1 : 0)
    },
    broken: (nowMs) => {
      if (isSick(rate.countsAt(nowMs))) return 'rate'
      return isBurst(burst.countsAt(nowMs)) ? 'burst' : undefined
    },
    countsAt: (nowMs) => ({ burst: burst.countsAt(nowMs), rate: rate.countsAt(nowMs) }),
    configure: (next, nowMs) => {
      if (next.burst.windowMs !== burst.windowMs) burst = burst.resized(next.burst.windowMs, nowMs)
      if (next.rate.windowMs !== rate.windowMs) rate = rate.resized(next.rate.windowMs, nowMs)
      settings = next
    },
  }
}
