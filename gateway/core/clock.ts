/** Cancels a timer that has not fired yet; harmless afterwards. */
export type Cancel = () => void

/** The only source of time in layers, backends and stores, so that tests and simulations can own it. */
export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin: for durations and deadlines. */
  now(): number
  /** Wall-clock milliseconds since the Unix epoch: for ages that outlive the process. */
  wallNow(): number
  /** Calls `run` once after `delayMs`. The timer never keeps the process alive. */
  after(delayMs: number, run: () => void): Cancel
}

/** The clock of the operating system. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
