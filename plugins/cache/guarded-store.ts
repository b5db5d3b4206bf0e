import type { Clock } from '../../gateway/core/clock.ts'
import type { FoundResults, ResultKey, ResultStore, StoredResult } from '../../store/store.ts'

/** A store that can no longer hurt a request: it neither fails nor delays it. */
export interface GuardedStore {
  /** What was found; nothing when the store fails or takes too long. Never rejects. */
  read(keys: readonly ResultKey[]): Promise<FoundResults>
  /** Stores without anybody waiting. Never throws; results are left out while too many wait to be stored. */
  write(results: readonly (readonly [ResultKey, StoredResult])[]): void
}

/** How a store is guarded. */
export interface GuardOptions {
  readonly store: ResultStore
  readonly clock: Clock
  /** Told of every read or write that failed, was late, or was left out. */
  readonly onError: (error: unknown) => void
  /** How long a request waits for a read, 50 ms by default: a lookup on another machine takes under 1 ms. */
  readonly readLimitMs?: number
}

const defaultReadLimitMs = 50
/** After a late read the store is left alone for this long, so that one request a second waits for it, not all. */
const pauseMs = 1_000
/** After this long, a write no longer counts as waiting. */
const writeLimitMs = 5_000
/** Results that wait to be stored: at 384 numbers, about 13 MB. */
const maxWaitingWrites = 8_192

/** Guards `store` against its own faults and delays. */
export const guardedStore = (options: GuardOptions): GuardedStore => {
  const { store, clock, onError, readLimitMs = defaultReadLimitMs } = options
  let pausedUntilMs = Number.NEGATIVE_INFINITY
  let waitingWrites = 0

  const late = (): Error => {
    pausedUntilMs = clock.now() + pauseMs
    return new Error(`the ${store.tier} tier took longer than ${readLimitMs} ms`)
  }
  const untilWritten = async (written: Promise<void>, results: number): Promise<void> => {
    waitingWrites += results
    try {
      await within(clock, writeLimitMs, written, () => new Error(`a write to ${store.tier} hangs`))
    } catch (error) {
      onError(error)
    } finally {
      waitingWrites -= results
    }
  }
  return {
    read: async (keys) => {
      if (clock.now() < pausedUntilMs) return []
      try {
        const found = store.getMany(keys)
        return found instanceof Promise ? await within(clock, readLimitMs, found, late) : found
      } catch (error) {
        onError(error)
        return []
      }
    },
    write: (results) => {
      try {
        if (waitingWrites + results.length > maxWaitingWrites) {
          throw new Error(`too many results wait to be stored in ${store.tier}`)
        }
        const written = store.putMany(results)
        if (written instanceof Promise) void untilWritten(written, results.length)
      } catch (error) {
        onError(error)
      }
    },
  }
}

const within = <T>(clock: Clock, limitMs: number, work: Promise<T>, reason: () => Error): Promise<T> =>
  new Promise((resolve, reject) => {
    const cancel = clock.after(limitMs, () => reject(reason()))
    work.then(resolve, reject).finally(cancel)
  })
