import type { Clock } from '../../../../gateway/core/clock.ts'
import type { Outcome } from '../../../../gateway/core/errors.ts'
import type { BreakerSettings, Overrides } from '../../../../gateway/core/policy.ts'
import { breaker, type Breaker, type Permit } from '../../../../plugins/breakers/breaker.ts'
import { settingsFor } from '../../../../plugins/breakers/settings-for.ts'
import type { BreakerState, Transition } from '../../../../plugins/breakers/status.ts'

/** As in the reference of the configuration. */
export const defaults: BreakerSettings = {
  burst: { failures: 5, windowMs: 10_000, minRatio: 0.2, cooldownMs: 30_000, successes: 2 },
  rate: { ratio: 0.5, minCalls: 20, windowMs: 60_000, cooldownMs: 300_000, successes: 10 },
}

/** A clock that a test sets; a breaker that armed a timer would throw. */
export interface SetClock extends Clock {
  nowMs: number
}

const wallStartMs = 1_700_000_000_000

/** A clock at `nowMs`. */
export const setClock = (nowMs = 1_000_000): SetClock => ({
  nowMs,
  now() {
    return this.nowMs
  },
  wallNow() {
    return wallStartMs + this.nowMs
  },
  after: () => {
    throw new Error('a breaker needs no timer')
  },
})

/** A breaker with what a test does to it. */
export interface Subject {
  readonly breaker: Breaker
  readonly clock: SetClock
  readonly transitions: Transition[]
  /** Moves time forward. */
  readonly wait: (ms: number) => void
  /** A call that ends at once; whether it was let through. */
  readonly call: (outcome: Outcome) => boolean
  /** Several such calls, `everyMs` apart. */
  readonly calls: (count: number, outcome: Outcome, everyMs?: number) => void
  /** Begins a call that must be let through. */
  readonly begin: () => Permit
  readonly state: () => BreakerState
  /** Opens it by five failures; waits until it is half-open if told. */
  readonly open: (until?: 'half-open') => void
}

/** Limit of a probe: 5 s. */
export const probeLimitMs = (): number => 5_000

/** A breaker whose cool-downs are as configured, unless `random` says otherwise. */
export const subject = (own: Overrides<BreakerSettings> = {}, random: () => number = () => 0.5): Subject => {
  const clock = setClock()
  const transitions: Transition[] = []
  const made = breaker({
    clock,
    random,
    settings: settingsFor(defaults, own),
    onTransition: (transition) => void transitions.push(transition),
  })
  const wait = (ms: number): void => {
    clock.nowMs += ms
  }
  const call = (outcome: Outcome): boolean => {
    const permit = made.begin(probeLimitMs)
    permit?.end(outcome)
    return permit !== undefined
  }
  const begin = (): Permit => {
    const permit = made.begin(probeLimitMs)
    if (!permit) throw new Error('the call is not let through')
    return permit
  }
  const calls = (count: number, outcome: Outcome, everyMs = 0): void => {
    for (let each = 0; each < count; each++) {
      if (!call(outcome)) throw new Error('a call is not let through')
      wait(everyMs)
    }
  }
  return {
    breaker: made,
    clock,
    transitions,
    wait,
    call,
    calls,
    begin,
    state: () => made.status().state,
    open: (until) => {
      calls(5, 'failure')
      if (until) wait(30_000)
    },
  }
}
