import type { Clock } from '../../gateway/core/clock.ts'

/** How fast the gateway works off what waits. */
export interface DrainRate {
  /** Work has begun to wait after a time in which none did. */
  began(): void
  /** `tokens` were answered, and `waitingTokens` still wait or run. */
  finished(tokens: number, waitingTokens: number): void
  /** Tokens per second; undefined until work has waited without a break for a quarter of a second. */
  tokensPerSecond(): number | undefined
}

/** Shorter windows are noise; longer ones learn a lost tier too late. */
const windowMs = 250
/** Weight of one more window: a changed rate is learnt within about two seconds. */
const weight = 0.2

/**
 * A moving average over windows in which something always waited. A window with little waiting says how much was asked for,
 * not how much can be done, so it may raise the average but never lowers it; time without work counts for nothing.
 */
export const drainRate = (clock: Clock): DrainRate => {
  let average: number | undefined
  let startMs = clock.now()
  let finishedTokens = 0
  const restart = (): void => {
    startMs = clock.now()
    finishedTokens = 0
  }
  return {
    began: restart,
    finished: (tokens, waitingTokens) => {
      finishedTokens += tokens
      const spanMs = clock.now() - startMs
      if (spanMs < windowMs) return
      const sample = (finishedTokens / spanMs) * 1_000
      const isSaturated = waitingTokens >= finishedTokens
      if (average === undefined) average = sample
      else if (isSaturated || sample > average) average += weight * (sample - average)
      restart()
    },
    tokensPerSecond: () => average,
  }
}
