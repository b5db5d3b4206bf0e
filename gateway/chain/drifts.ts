import type { Model } from '../core/model.ts'
import type { Drift } from '../core/served-model.ts'
import type { Replica } from './replica.ts'
import { isBelowFloor, stateFor } from './tier.ts'

/** Which replicas turned out to be wrong after they had served one model. */
export interface Drifts {
  /** Looks at a replica; to be called after every change of it. */
  note(replica: Replica): void
  /** How many there were so far. */
  count(): number
  /** Whether a replica is among those that came after the first `count`. */
  hasDrifted(replica: Replica, count: number): boolean
}

/** @param onDrift told of each: once for all that a replica has made before it serves the model again */
export const drifts = (
  model: Pick<Model, 'spaceId' | 'minParity'>,
  onDrift: (drift: Drift) => void = () => {},
): Drifts => {
  const serving = new Set<Replica>()
  const lastOf = new Map<Replica, number>()
  let count = 0
  return {
    note: (replica) => {
      if (stateFor(model, replica) === 'serving') serving.add(replica)
      if (!(replica.hasOtherModel || isBelowFloor(model, replica)) || !serving.delete(replica)) return
      count++
      lastOf.set(replica, count)
      onDrift({ space: model.spaceId, sinceMs: replica.provenUntilMs() })
    },
    count: () => count,
    hasDrifted: (replica, before) => (lastOf.get(replica) ?? 0) > before,
  }
}
