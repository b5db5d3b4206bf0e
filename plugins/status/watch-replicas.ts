import type { ReplicaStatus } from '../../gateway/core/served-model.ts'
import { eventSubject } from './event-subject.ts'
import type { Events } from './events.ts'

/** Takes a look at replicas: to be called again and again. */
export type ReplicaWatch = (replicas: readonly ReplicaStatus[]) => void

/** Compares replicas with how they were at the last look, and notes what has changed. Attempts to come back are no news. */
export const watchReplicas = (events: Pick<Events, 'note'>): ReplicaWatch => {
  const seen = new Map<string, Pick<ReplicaStatus, 'state' | 'sinceMs'>>()
  return (replicas) => {
    for (const { backend, replica, state, sinceMs, detail } of replicas) {
      const id = `${backend}/${replica}`
      const before = seen.get(id)
      if (before !== undefined && isAttempt(state)) continue
      seen.set(id, { state, sinceMs })
      // The same state since another time: it was lost and back between two looks.
      if (before === undefined || (before.state === state && before.sinceMs === sinceMs)) continue
      events.note({
        kind: 'replica',
        ...eventSubject(replicas, backend, replica),
        from: before.state,
        to: state,
        ...(detail !== undefined && { reason: detail }),
      })
    }
  }
}

const isAttempt = (state: ReplicaStatus['state']): boolean => state === 'starting' || state === 'probing'
