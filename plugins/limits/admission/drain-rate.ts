import type { Clock } from '../../../gateway/core/clock.ts'

/** How a window of work is told from one in which little was asked for. */
export type Pace = 'delayed' | 'prompt'

/** How fast a chain works off what waits. */
export interface DrainRate {
  /** Work has come after a time in which none was there. */
  began(): void
  /** The last work has gone: from now on time does not count. */
  ended(): void
  /** `tokens` were computed, and `leftTokens` wait or run. */
  worked(tokens: number, leftTokens: number): void
  /** A request was answered: much later than one that waits for nothing (`delayed`), or not. */
  answered(pace: Pace): void
  /** Work has failed: the time since something was computed says nothing of how fast work is done. */
  readonly failed: () => void
  /** Work was refused: what is there is not all that was asked for. */
  readonly refused: () => void
  /** Undefined until work has once waited. */
  tokensPerSecond(): number | undefined
}

/** Shorter windows are noise. */
const windowMs = 250
/**
 * A window with few events is noise too, up to this length: pieces of bulk work take half a second. A longer one has a stall
 * in it, and counts no more than that.
 */
const enough = { events: 8, ms: 1_000 } as const
/** The first rate has no earlier one to be weighed against: a single answer after a stall must not make it. */
const firstEvents = 4
/** What is left of an old rate after one window: one that has changed is learnt within about two seconds. */
const keptRatio = 0.8

/** After so long without work, what made the rate low may be over: the first work is judged by the highest rate of late. */
const quietMs = 10_000
/**
 * The highest rate is that of the present period and the one before, so that a device which was replaced by a slower one is
 * forgotten after two. Only time in which work waited counts: when little is asked for, no device shows what it can do.
 */
const periodMs = 30_000

/**
 * A moving average over windows of busy time. A window in which nothing had to wait says how much was asked for, not how
 * much can be done: it may raise the average, but never lowers it, and is no first average, which only is no less: a first
 * window of work that waits is often that of a burst, in which this process had much else to do. Work waits when answers take
 * much longer than they must, and when a window's work is left at its end or some was refused in it.
 */
export const drainRate = (clock: Clock): DrainRate => {
  let average: number | undefined
  let highest = { before: 0, present: 0 }
  let saturatedMs = 0
  let quietSinceMs: number | undefined
  let busySinceMs: number | undefined
  let earlierMs = 0
  /** Busy time of the window when something was computed last. */
  let workedMs = 0
  let tokens = 0
  let events = 0
  let refusals = 0
  let pace = { delayed: 0, prompt: 0 }

  const busyMs = (): number => earlierMs + (busySinceMs === undefined ? 0 : clock.now() - busySinceMs)
  const highestRate = (): number => Math.max(highest.before, highest.present)
  const noteHighest = (rate: number, waitedMs: number): void => {
    saturatedMs += waitedMs
    if (saturatedMs >= periodMs) {
      highest = { before: highest.present, present: 0 }
      saturatedMs = 0
    }
    highest.present = Math.max(highest.present, rate)
  }
  const close = (spanMs: number, leftTokens: number): void => {
    const sample = (tokens / spanMs) * 1_000
    const isSaturated = pace.delayed >= pace.prompt && (leftTokens >= tokens || refusals > 0)
    const countedMs = Math.min(spanMs, enough.ms)
    if (average === undefined) average = isSaturated ? Math.max(sample, highestRate()) : undefined
    else if (isSaturated || sample > average)
      average = sample + (average - sample) * keptRatio ** (countedMs / windowMs)
    // An average that falls is still made of what is no longer done, and after a quiet time of what was not done at all.
    noteHighest(Math.min(sample, average ?? sample), isSaturated ? countedMs : 0)
    earlierMs = workedMs = 0
    busySinceMs = clock.now()
    tokens = events = refusals = 0
    pace = { delayed: 0, prompt: 0 }
  }
  return {
    began: () => {
      if (busySinceMs !== undefined) return
      busySinceMs = clock.now()
      if (quietSinceMs === undefined || busySinceMs - quietSinceMs < quietMs) return
      if (average !== undefined) average = highestRate()
    },
    ended: () => {
      quietSinceMs = clock.now()
      earlierMs = busyMs()
      busySinceMs = undefined
    },
    worked: (done, leftTokens) => {
      tokens += done
      events++
      const spanMs = (workedMs = busyMs())
      const isEnough =
        events >= enough.events || (spanMs >= enough.ms && (average !== undefined || events >= firstEvents))
      if (spanMs >= windowMs && isEnough) close(spanMs, leftTokens)
    },
    answered: (how) => void pace[how]++,
    failed: () => {
      earlierMs = workedMs
      if (busySinceMs !== undefined) busySinceMs = clock.now()
    },
    refused: () => void refusals++,
    tokensPerSecond: () => average,
  }
}
