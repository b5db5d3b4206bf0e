import type { Clock } from '../gateway/core/clock.ts'
import type { Meter } from '../gateway/core/meter.ts'
import type { ClearScope, ResultKey, ResultStore, StoredResult } from './store.ts'

/** A microsecond in memory, up to a second over a network. */
const durationBuckets = [1e-6, 5e-6, 2.5e-5, 1e-4, 5e-4, 2.5e-3, 1e-2, 5e-2, 0.25, 1]

/** The same store, with its durations and its level measured. */
export const meteredStore = (store: ResultStore, meter: Meter, clock: Clock): ResultStore => {
  const { tier } = store
  const durations = meter.histogram(
    'cache_operation_duration_seconds',
    'Time of one operation on a cache tier, for all keys of a call together.',
    ['tier', 'operation'],
    durationBuckets,
  )
  const entries = meter.gauge('cache_entries', 'Results in a cache tier.', ['tier'])({ tier })
  const bytes = meter.gauge('cache_bytes', 'Bytes in use by a cache tier.', ['tier'])({ tier })
  meter.onScrape(() => {
    const level = store.level()
    entries(level.entries)
    bytes(level.bytes)
  })

  const timed = <Args extends unknown[], T>(operation: string, run: (...args: Args) => T): ((...args: Args) => T) => {
    const observe = durations({ tier, operation })
    return (...args) => {
      const startedMs = clock.now()
      const record = (): void => observe((clock.now() - startedMs) / 1000)
      const result = run(...args)
      if (result instanceof Promise) result.then(record, record)
      else record()
      return result
    }
  }
  return {
    tier,
    getMany: timed('get', (keys: readonly ResultKey[]) => store.getMany(keys)),
    putMany: timed('put', (results: readonly (readonly [ResultKey, StoredResult])[]) => store.putMany(results)),
    clear: timed('clear', (scope?: ClearScope) => store.clear(scope)),
    dropMemory: () => store.dropMemory(),
    level: () => store.level(),
    close: () => store.close(),
  }
}
