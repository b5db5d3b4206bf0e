import type { Clock } from '../../../gateway/core/clock.ts'
import { baseTime } from '../../../gateway/core/base-time.ts'

/**
 * How a call ended, as far as it says something of the engine: `neutral` says that it lives, but not how much it can do;
 * `unanswered` says nothing.
 */
export type Ending = 'answered' | 'overload' | 'timeout' | 'neutral' | 'unanswered'

/** A call that an engine has. */
export interface Begun {
  readonly atMs: number
  readonly tokens: number
  /** Calls in flight with it. */
  readonly inFlight: number
}

/** How many calls an engine is given at once, learnt from how it answers them. */
export interface AdaptiveLimit {
  /** At least 1. */
  now(): number
  ended(call: Begun, how: Ending): void
}

/** Calls at once before anything is known: a small engine bears it, a large one is known after a few answers. */
const initial = 8
/** What is left of the limit after the engine said that it is full, did not answer in time, or became slow. */
const cut = { overload: 0.7, timeout: 0.5, slow: 0.9 } as const
/**
 * Answers that take twice as long as the shortest of their size: for each call that the engine works on another one waits
 * there. An engine that makes batches of what it has may need as many.
 */
const slowRatio = 2
/** Weight of one more answer against all earlier ones: one slow answer is no news. */
const learningRate = 0.2
/** Of the limit; with less in flight, answers say nothing about more. */
const inUseRatio = 0.75
/** Answers that stay above this share of their time with half of the calls are slow for another reason: the engine is. */
const unmovedRatio = 0.75
/** The shortest times are measured anew this often, by one round of few calls: what is always full would be taken for fast. */
const probe = { everyMs: 60_000, ratio: 1 / 4 } as const

/**
 * Additive increase, multiplicative decrease, as TCP: one more call for each round of answers while all places are in use
 * (two for one until the first cut), fewer at the first sign that the engine has too many. Of all calls that were in flight
 * at a cut only one counts.
 *
 * @param ceiling the most
 */
export const adaptiveLimit = (clock: Clock, ceiling: number): AdaptiveLimit => {
  let limit = Math.min(initial, ceiling)
  let isExploring = true
  let cutAtMs = -Infinity
  let slowness = 1
  /** What there was when it began to be cut for slowness. */
  let atFirstCut: { readonly limit: number; readonly slowness: number } | undefined

  const reduce = (ratio: number): void => {
    limit = Math.max(1, limit * ratio)
    cutAtMs = clock.now()
    slowness = 1
  }
  let probing: { readonly limit: number; answersLeft: number } | undefined
  const base = baseTime(clock, probe.everyMs, () => {
    probing = { limit, answersLeft: Math.ceil(limit * probe.ratio) }
    reduce(probe.ratio)
  })

  const cutSlow = (): void => {
    isExploring = false
    atFirstCut ??= { limit, slowness }
    if (limit > 1 && limit > atFirstCut.limit / 2) return reduce(cut.slow)
    const isUnmoved = slowness > atFirstCut.slowness * unmovedRatio
    atFirstCut = undefined
    if (isUnmoved) base.forget()
    reduce(isUnmoved ? 1 : cut.slow)
  }
  const answered = (call: Begun): void => {
    const tookMs = clock.now() - call.atMs
    base.saw(call.tokens, tookMs)
    const leastMs = base.of(call.tokens) ?? tookMs
    slowness += learningRate * ((leastMs > 0 ? tookMs / leastMs : 1) - slowness)
    if (probing) {
      if (call.atMs > cutAtMs && --probing.answersLeft <= 0) {
        limit = probing.limit
        probing = undefined
        slowness = 1
      }
    } else if (slowness > slowRatio) {
      if (call.atMs > cutAtMs) cutSlow()
    } else if (call.inFlight >= Math.floor(limit) * inUseRatio) {
      atFirstCut = undefined
      limit = Math.min(ceiling, limit + (isExploring ? 1 : 1 / limit))
    }
  }
  return {
    now: () => Math.floor(limit),
    ended: (call, how) => {
      if (how === 'neutral' || how === 'unanswered') return
      if (how === 'answered') return answered(call)
      if (call.atMs <= cutAtMs) return
      isExploring = false
      // What is cut is the limit, not the little of it that a probe leaves.
      if (probing) limit = probing.limit
      probing = undefined
      reduce(cut[how])
    },
  }
}
