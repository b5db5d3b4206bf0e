/**
 * Settles like `work`, or rejects with the signal's reason as soon as it is aborted, even when `work` ignores the signal.
 * A late result or rejection is dropped; no listener stays on the signal.
 */
export const untilAborted = <T>(signal: AbortSignal, work: T | Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    const settle =
      <V>(end: (value: V) => void) =>
      (value: V): void => {
        signal.removeEventListener('abort', stop)
        end(value)
      }
    Promise.resolve(work).then(settle(resolve), settle(reject))
  })
