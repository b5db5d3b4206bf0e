import type { Call } from './call.ts'
import type { Cancel } from './clock.ts'

/**
 * Settles like `work`, or rejects with the signal's reason as soon as it is aborted, even when `work` ignores the signal.
 * A late result or rejection is dropped; no listener stays on the signal.
 */
export const untilAborted = <T>(signal: AbortSignal, work: T | Promise<T>): Promise<T> =>
  unlessEnded((end) => {
    const stop = (): void => end(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    return () => signal.removeEventListener('abort', stop)
  }, work)

/** `untilAborted` for a call, whose signal would be made for this alone. */
export const untilEnded = <T>(call: Pick<Call, 'onEnd'>, work: T | Promise<T>): Promise<T> =>
  unlessEnded((end) => call.onEnd(end), work)

/**
 * Settles like `work`, or rejects with what `listen` reports first; a late result or rejection is dropped.
 *
 * @param listen calls `end` with the reason when it is over; returns how to stop listening, which is called in any case
 */
const unlessEnded = <T>(listen: (end: (reason: Error) => void) => Cancel, work: T | Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const ignoreEnd = listen(reject)
    const settle =
      <V>(end: (value: V) => void) =>
      (value: V): void => {
        ignoreEnd()
        end(value)
      }
    Promise.resolve(work).then(settle(resolve), settle(reject))
  })
