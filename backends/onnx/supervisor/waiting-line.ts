import type { Call } from '../../../gateway/core/call.ts'
import type { Cancel } from '../../../gateway/core/clock.ts'

/** Those who wait for something, first come first served. Everybody leaves it when his call ends. */
export interface WaitingLine<T> {
  /** Resolves when called; rejects with what the call ended with, or as `failAll` says. */
  wait(until: Pick<Call, 'onEnd'>): Promise<T>
  length(): number
  callFirst(value: T): void
  callAll(value: T): void
  failAll(error: Error): void
}

interface Waiter<T> {
  readonly call: (value: T) => void
  readonly fail: (error: Error) => void
}

/** An empty line. */
export const waitingLine = <T>(): WaitingLine<T> => {
  const waiters = new Set<Waiter<T>>()
  return {
    wait: (until) =>
      new Promise((resolve, reject) => {
        let ignoreEnd: Cancel | undefined
        const quit = (): void => {
          waiters.delete(waiter)
          ignoreEnd?.()
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
        ignoreEnd = until.onEnd(waiter.fail)
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
