import type { Cancel, Clock } from '../gateway/core/clock.ts'
import type { SpaceId } from '../gateway/core/space.ts'
import type { ResultStore } from './store.ts'

/** Drops results from a tier, without anybody waiting. */
export interface Dropping {
  /** Drops what was stored for `space` since `sinceMs` (wall clock), again every minute until it has worked. */
  drop(space: SpaceId, sinceMs: number): void
  /** Tries no more. */
  stop(): void
}

/** When results are dropped again that the tier could not drop. */
const dropAgainMs = 60_000

/** @param onError told each time the tier failed */
export const dropping = (
  store: Pick<ResultStore, 'clear'>,
  clock: Clock,
  onError: (error: unknown) => void,
): Dropping => {
  const waiting = new Map<SpaceId, { readonly sinceMs: number; readonly cancel: Cancel }>()
  let isStopped = false

  /** What waits for the same space is done with it. */
  const taken = (space: SpaceId): number => {
    const other = waiting.get(space)
    other?.cancel()
    waiting.delete(space)
    return other?.sinceMs ?? Infinity
  }
  const drop = async (space: SpaceId, sinceMs: number): Promise<void> => {
    const storedSinceMs = Math.min(sinceMs, taken(space))
    try {
      await store.clear({ space, storedSinceMs })
    } catch (error) {
      onError(error)
      if (isStopped) return
      const allSinceMs = Math.min(storedSinceMs, taken(space))
      const cancel = clock.after(dropAgainMs, () => void drop(space, allSinceMs))
      waiting.set(space, { sinceMs: allSinceMs, cancel })
    }
  }
  return {
    drop: (space, sinceMs) => void drop(space, sinceMs),
    stop: () => {
      isStopped = true
      for (const { cancel } of waiting.values()) cancel()
    },
  }
}
