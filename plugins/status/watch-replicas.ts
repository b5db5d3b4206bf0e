import type { ReplicaStatus } from '../../gateway/core/served-model.ts'
import type { Events } from './events.ts'

/** Compares replicas with how they were the last time, and notes what has changed. */
export const watchReplicas = (events: Pick<Events, 'note'>): ((replicas: readonly ReplicaStatus[]) => void) => {
  const known = new Map<string, Pick<ReplicaStatus, 'state' | 'sinceMs'>>()
  return (replicas) => {
    for (const { backend, replica, state, sinceMs, detail } of replicas) {
      const id = `${backend}/${replica}`
      const before = known.get(id)
      known.set(id, { state, sinceMs })
      // The same state since another time: it was lost and back between two looks.
      if (before === undefined || before.sinceMs === sinceMs) continue
      const isOneOfSeveral = replicas.some((each) => each.backend === backend && each.replica !== replica)
      events.note({
        kind: 'replica',
        subject: backend,
        ...(isOneOfSeveral && { replica }),
        from: before.state,
        to: state,
        ...(detail !== undefined && { reason: detail }),
      })
    }
  }
}
