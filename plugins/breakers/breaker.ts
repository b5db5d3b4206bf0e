import type { Clock } from '../../gateway/core/clock.ts'
import type { Outcome } from '../../gateway/core/errors.ts'
import type { BreakerSettings } from '../../gateway/core/policy.ts'
import type { Bar } from '../../gateway/core/served-model.ts'
import type { Counts } from './sliding-window.ts'
import type { BreakerMode, BreakerState, BreakerStatus, Transition, TransitionCause } from './status.ts'
import { tripRules, type TripCause } from './trip-rules.ts'

/** Leave to make one call. */
export interface Permit {
  /** The call is a probe, and must be over within so many milliseconds. Undefined: it is an ordinary one. */
  readonly probeMs?: number
  /** Says how the call ended. Only the first time counts, and only if the breaker has not changed its state since. */
  end(outcome: Outcome): void
}

/** Keeps calls from a replica that fails, and finds out when it works again. */
export interface Breaker {
  /** What keeps a call from being made now. Changes nothing. */
  bar(): Bar | undefined
  /**
   * Begins a call; undefined when it may not be made.
   *
   * @param limitMs asked only for a probe: its limit, after which it has failed whether or not it is over
   */
  begin(limitMs: () => number): Permit | undefined
  /** How it is now, also when no call has come since its cool-down ended. */
  status(): BreakerStatus
  /** Hands the decision to an operator, or back to the rules; either way it starts afresh. */
  setMode(mode: BreakerMode): void
  /** What computes has been replaced by something new that has answered already: a cool-down ends, and probes may begin. */
  renew(): void
  /** Closes it and forgets what it has counted. One that an operator has forced stays so. */
  reset(): void
  /** Goes by other settings from now on, in the state it is in; a running cool-down gets its new length. */
  configure(settings: BreakerSettings): void
}

/** What a breaker needs. */
export interface BreakerOptions {
  readonly clock: Clock
  /** Uniform in [0, 1): jitter of the cool-down. */
  readonly random: () => number
  readonly settings: BreakerSettings
  /** Told of every change of state, in order. A cool-down that has ended is told when the breaker is next used or read. */
  readonly onTransition: (transition: Transition) => void
}

/** Cool-downs are drawn from 0.8 to 1.2 times their length, so that many gateways do not probe at once. */
const cooldownJitter = 0.2

/**
 * The maximum half-open time: successes that lie so far apart do not count together. As long as the longer cool-down: what a
 * replica did before says nothing of it now. Without calls a breaker stays half-open, which costs nothing.
 */
const successesKeptMs = 300_000

/** From the moment a breaker opens until it closes or opens again. */
interface Trip {
  readonly cause: TripCause
  readonly atMs: number
  /** Of the cool-down, 1 being as configured. */
  readonly jitter: number
  openUntilMs: number
  /** Whether anybody has been told that it is half-open. */
  isHalfOpenTold: boolean
  probeUntilMs: number | undefined
  successes: number
  lastSuccessAtMs: number
}

/** A closed breaker. All of its states follow from the clock and from what it is told: it has no timers. */
export const breaker = ({ clock, random, onTransition, ...options }: BreakerOptions): Breaker => {
  let settings = options.settings
  let rules = tripRules(settings)
  let mode: BreakerMode = 'auto'
  /** Undefined: closed, or forced. */
  let trip: Trip | undefined
  let sinceMs = clock.now()
  /** Rises whenever it opens, closes or starts afresh: what began before has nothing to say any more. */
  let epoch = 0

  const stateAt = (nowMs: number): BreakerState => {
    if (mode === 'forced-open') return 'open'
    if (!trip) return 'closed'
    return nowMs < trip.openUntilMs ? 'open' : 'half-open'
  }

  const tell = (from: BreakerState, to: BreakerState, cause: TransitionCause, counts: Counts): void =>
    onTransition({
      from,
      to,
      cause,
      counts,
      ...(to === 'open' && trip && { cooldownMs: trip.openUntilMs - trip.atMs }),
    })

  const countsFor = (cause: TransitionCause, nowMs: number): Counts =>
    rules.countsAt(nowMs)[cause === 'burst' ? 'burst' : 'rate']

  const open = (cause: TripCause, atMs: number): void => {
    const from = stateAt(atMs)
    const jitter = 1 + cooldownJitter * (2 * random() - 1)
    const openUntilMs = atMs + jitter * settings[cause].cooldownMs
    epoch++
    sinceMs = atMs
    trip = {
      cause,
      atMs,
      jitter,
      openUntilMs,
      isHalfOpenTold: false,
      probeUntilMs: undefined,
      successes: 0,
      lastSuccessAtMs: 0,
    }
    tell(from, 'open', cause, countsFor(cause, atMs))
  }

  const startAfresh = (from: BreakerState, cause: TransitionCause, nowMs: number): void => {
    const counts = countsFor(cause, nowMs)
    epoch++
    trip = undefined
    rules = tripRules(settings)
    const to = stateAt(nowMs)
    if (from === to) return
    sinceMs = nowMs
    tell(from, to, cause, counts)
  }

  /** Does what time alone brings about: a probe that is overdue has failed, and a cool-down that is over half-opens. */
  const catchUp = (nowMs: number): void => {
    if (trip?.probeUntilMs !== undefined && nowMs >= trip.probeUntilMs) open(trip.cause, trip.probeUntilMs)
    if (!trip || trip.isHalfOpenTold || nowMs < trip.openUntilMs) return
    trip.isHalfOpenTold = true
    sinceMs = trip.openUntilMs
    tell('open', 'half-open', trip.cause, countsFor(trip.cause, nowMs))
  }

  const barAt = (nowMs: number): Bar | undefined => {
    if (mode === 'forced-open') return { reason: 'breaker_open', retryAfterMs: Infinity }
    if (!trip) return undefined
    if (nowMs < trip.openUntilMs) return { reason: 'breaker_open', retryAfterMs: trip.openUntilMs - nowMs }
    const probeMs = (trip.probeUntilMs ?? 0) - nowMs
    return probeMs > 0 ? { reason: 'breaker_half_open', retryAfterMs: probeMs } : undefined
  }

  const successesAt = (nowMs: number, { successes, lastSuccessAtMs }: Trip): number =>
    nowMs - lastSuccessAtMs <= successesKeptMs ? successes : 0

  const endProbe = (probed: Trip, failed: boolean, nowMs: number): void => {
    if (failed) return open(probed.cause, nowMs)
    probed.successes = successesAt(nowMs, probed) + 1
    probed.lastSuccessAtMs = nowMs
    if (probed.successes >= settings[probed.cause].successes) startAfresh('half-open', probed.cause, nowMs)
  }

  const end = (outcome: Outcome, begunIn: number): void => {
    const nowMs = clock.now()
    catchUp(nowMs)
    if (begunIn !== epoch) return
    if (trip) trip.probeUntilMs = undefined
    if (outcome === 'neutral' || outcome === 'overload') return
    const failed = outcome === 'failure'
    if (trip) return endProbe(trip, failed, nowMs)
    rules.add(nowMs, failed)
    const cause = failed && mode === 'auto' ? rules.broken(nowMs) : undefined
    if (cause) open(cause, nowMs)
  }

  const permit = (limit: Pick<Permit, 'probeMs'>): Permit => {
    const begunIn = epoch
    let isOver = false
    return {
      ...limit,
      end: (outcome) => {
        if (isOver) return
        isOver = true
        end(outcome, begunIn)
      },
    }
  }

  return {
    bar: () => (trip || mode === 'forced-open' ? barAt(clock.now()) : undefined),
    begin: (limitMs) => {
      if (!trip && mode !== 'forced-open') return permit({})
      const nowMs = clock.now()
      catchUp(nowMs)
      if (!trip || barAt(nowMs)) return undefined
      const probeMs = limitMs()
      trip.probeUntilMs = nowMs + probeMs
      return permit({ probeMs })
    },
    status: () => {
      const nowMs = clock.now()
      catchUp(nowMs)
      const state = stateAt(nowMs)
      const cause = mode === 'auto' ? trip?.cause : 'forced'
      return {
        state,
        mode,
        ...(cause !== undefined && { cause }),
        sinceMs: clock.wallNow() - (nowMs - sinceMs),
        ...(trip && state === 'open' && { remainingMs: trip.openUntilMs - nowMs }),
        ...(trip &&
          state === 'half-open' && {
            successes: { counted: successesAt(nowMs, trip), needed: settings[trip.cause].successes },
          }),
        windows: rules.countsAt(nowMs),
      }
    },
    setMode: (next) => {
      if (next === mode) return
      const nowMs = clock.now()
      catchUp(nowMs)
      const from = stateAt(nowMs)
      mode = next
      startAfresh(from, 'forced', nowMs)
    },
    renew: () => {
      const nowMs = clock.now()
      catchUp(nowMs)
      if (!trip || nowMs >= trip.openUntilMs) return
      trip.openUntilMs = nowMs
      catchUp(nowMs)
    },
    reset: () => {
      const nowMs = clock.now()
      catchUp(nowMs)
      startAfresh(stateAt(nowMs), 'reset', nowMs)
    },
    configure: (next) => {
      const nowMs = clock.now()
      catchUp(nowMs)
      settings = next
      rules.configure(next, nowMs)
      // Never back from half-open to open: only failures do that.
      if (trip && nowMs < trip.openUntilMs) {
        trip.openUntilMs = Math.max(nowMs, trip.atMs + trip.jitter * next[trip.cause].cooldownMs)
      }
    },
  }
}
