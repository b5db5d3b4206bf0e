import type { Clock } from '../gateway/core/clock.ts'
import type { SpaceId } from '../gateway/core/space.ts'
import { dropping } from './dropping.ts'
import { inScope } from './key.ts'
import type { FoundResult, FoundResults, ResultKey, ResultStore } from './store.ts'

/** A store whose results can be disowned. */
export interface TrustedStore extends ResultStore {
  /**
   * From now on nothing is found that was stored for `space` from `sinceMs` (wall clock) until now, not even by reads
   * that are under way. The tier drops it in its own time.
   */
  distrust(space: SpaceId, sinceMs: number): void
}

/** What a trusted store works with. */
export interface TrustOptions {
  readonly store: ResultStore
  readonly clock: Clock
  /** Told each time the tier could not drop what is not trusted. */
  readonly onError: (error: unknown) => void
}

/** Wall-clock milliseconds; both ends count. */
interface Period {
  readonly sinceMs: number
  readonly untilMs: number
}

/** Periods remembered for each space. More become one, and what was stored between them is lost with them. */
const maxPeriods = 16

/**
 * Remembers what is not trusted for as long as this process lives, so that a tier that is slow to drop it, or fails to, or
 * stores late what it was given before, brings nothing back.
 */
export const trustedStore = ({ store, clock, onError }: TrustOptions): TrustedStore => {
  const distrusted = new Map<SpaceId, readonly Period[]>()
  const dropped = dropping(store, clock, onError)

  const isTrusted = (key: ResultKey, { storedAtMs }: FoundResult): boolean => {
    for (const [space, periods] of distrusted) {
      if (inScope(key, { space })) return !periods.some((period) => isWithin(storedAtMs, period))
    }
    return true
  }
  const trustedOf = (keys: readonly ResultKey[], found: FoundResults): FoundResults =>
    distrusted.size === 0
      ? found
      : found.map((result, row) => (result && isTrusted(keys[row] ?? '', result) ? result : undefined))

  return {
    tier: store.tier,
    getMany: (keys) => {
      const found = store.getMany(keys)
      return found instanceof Promise ? found.then((rows) => trustedOf(keys, rows)) : trustedOf(keys, found)
    },
    putMany: (results) => store.putMany(results),
    clear: (scope) => store.clear(scope),
    dropMemory: () => store.dropMemory(),
    level: () => store.level(),
    close: () => {
      dropped.stop()
      return store.close()
    },
    distrust: (space, sinceMs) => {
      const untilMs = clock.wallNow()
      const periods = [...(distrusted.get(space) ?? []), { sinceMs, untilMs }]
      const whole = { sinceMs: Math.min(...periods.map((period) => period.sinceMs)), untilMs }
      distrusted.set(space, periods.length > maxPeriods ? [whole] : periods)
      dropped.drop(space, sinceMs)
    },
  }
}

/** A wall clock that was set back meanwhile hides rows from this, on a tier that has not dropped them yet. */
const isWithin = (atMs: number, { sinceMs, untilMs }: Period): boolean => atMs >= sinceMs && atMs <= untilMs
