/** How long to wait before a worker is started again. */
export interface RestartBackoff {
  /** The wait after a worker that was ready for `readyMs`, or after a start that failed (0). */
  next(readyMs: number): number
}

const firstDelayMs = 500
const maxDelayMs = 10_000
/** A worker that lived this long did not die of the same cause again. */
const stableMs = 10_000
const jitterRatio = 0.2

/**
 * The first restart is at once; further ones wait 0.5 s, 1 s, 2 s ... 10 s, each -20 % to 0 %, so that workers that died
 * together do not load the model at the same moment.
 *
 * @param random uniform in [0, 1)
 */
export const restartBackoff = (random: () => number = Math.random): RestartBackoff => {
  let restarts = 0
  return {
    next(readyMs) {
      if (readyMs >= stableMs) restarts = 0
      restarts += 1
      if (restarts === 1) return 0
      const delayMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (restarts - 2))
      return delayMs * (1 - jitterRatio * random())
    },
  }
}
