import type { Clock } from '../../gateway/core/clock.ts'

/** How fast the gateway works off what waits, measured while there is a backlog. */
export interface DrainRate {
  /** Tells that `tokens` were answered, with `waitingTokens` still waiting or running. */
  finished(tokens: number, waitingTokens: number): void
  /** Tokens per second; undefined until a backlog has been seen. */
  tokensPerSecond(): number | undefined
}

/** Shorter windows are noise; longer ones learn a lost tier too late. */
const windowMs = 250
/** Weight of one more window: a changed rate is learnt within about two seconds. */
const weight = 0.2

/**
 * A moving average over windows in which there was always at least as much waiting as was finished. Other windows say how
 * much was asked for, not how much can be done: one caller at a time would look like a slow machine.
 */
export const drainRate = (clock: Clock): DrainRate => {
  let average: number | undefined
  let startMs = clock.now()
  let finishedTokens = 0
  let leastWaiting = Infinity
  return {
    finished: (tokens, waitingTokens) => {
      finishedTokens += tokens
      leastWaiting = Math.min(leastWaiting, waitingTokens)
      const spanMs = clock.now() - startMs
      if (spanMs < windowMs) return
      const sample = (finishedTokens / spanMs) * 1000
      if (leastWaiting >= finishedTokens)
        average = average === undefined ? sample : average + weight * (sample - average)
      startMs = clock.now()
      finishedTokens = 0
      leastWaiting = Infinity
    },
    tokensPerSecond: () => average,
  }
}
