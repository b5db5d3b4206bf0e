import type { Counts } from './sliding-window.ts'
import type { TripCause } from './trip-rules.ts'

/** `closed` lets all calls through, `half-open` one probe at a time, `open` none. */
export type BreakerState = 'closed' | 'half-open' | 'open'

/** Who decides: the rules, or an operator. */
export type BreakerMode = 'auto' | 'forced-open' | 'forced-closed'

/** Why a breaker changed its state: the rule that had tripped, or what an operator did. */
export type TransitionCause = TripCause | 'forced' | 'reset'

/** A change of state. */
export interface Transition {
  readonly from: BreakerState
  readonly to: BreakerState
  readonly cause: TransitionCause
  /** What the window of the rule held; of the `rate` rule for changes by an operator. */
  readonly counts: Counts
  /** How long it will stay open; only for changes to `open` that end by themselves. */
  readonly cooldownMs?: number
}

/** A breaker as it is now. */
export interface BreakerStatus {
  readonly state: BreakerState
  readonly mode: BreakerMode
  /** Why it is not simply closed; undefined when it is. */
  readonly cause?: TripCause | 'forced'
  /** Wall-clock milliseconds: since when it is in this state. */
  readonly sinceMs: number
  /** What is left of the cool-down; undefined unless it is open and will half-open by itself. */
  readonly remainingMs?: number
  /** Successes of probes in a row, and how many close it; undefined unless it is half-open. */
  readonly successes?: { readonly counted: number; readonly needed: number }
  /** What the windows of the rules hold. Probes are not in them. */
  readonly windows: Readonly<Record<TripCause, Counts>>
}
