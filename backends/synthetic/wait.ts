import type { Clock } from '../../gateway/core/clock.ts'

/**
 * Waits `delayMs` on the clock, for ever when it is Infinity.
 *
 * @throws the signal's reason as soon as it is aborted
 */
export const wait = (clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    const finish = (): void => {
      signal.removeEventListener('abort', stop)
      resolve()
    }
    const cancel = delayMs === Infinity ? () => {} : clock.after(delayMs, finish)
    const stop = (): void => {
      cancel()
      reject(signal.reason as Error)
    }
    signal.addEventListener('abort', stop, { once: true })
  })
