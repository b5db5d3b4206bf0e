/** Those who wait for something, first come first served. Everybody in it can leave by its signal. */
export interface WaitingLine<T> {
  /** Resolves when called; rejects with the signal's reason, or as `failAll` says. */
  wait(signal: AbortSignal): Promise<T>
  length(): number
  callFirst(value: T): void
  callAll(value: T): void
  failAll(error: Error): void
}

interface Waiter<T> {
  call(value: T): void
  fail(error: Error): void
}

/** An empty line. */
export const waitingLine = <T>(): WaitingLine<T> => {
  const waiters = new Set<Waiter<T>>()
  return {
    wait: (signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted()
        const leave = (): void => waiter.fail(signal.reason as Error)
        const quit = (): void => {
          waiters.delete(waiter)
          signal.removeEventListener('abort', leave)
        }
        const waiter: Waiter<T> = {
          call: (value) => {
            quit()
            resolve(value)
          },
          fail: (error) => {
            quit()
            reject(error)
          },
        }
        waiters.add(waiter)
        signal.addEventListener('abort', leave, { once: true })
      }),
    length: () => waiters.size,
    callFirst: (value) => {
      const [first] = waiters
      first?.call(value)
    },
    callAll: (value) => {
      for (const waiter of waiters) waiter.call(value)
    },
    failAll: (error) => {
      for (const waiter of waiters) waiter.fail(error)
    },
  }
}
