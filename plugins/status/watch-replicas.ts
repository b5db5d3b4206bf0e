import type { Clock } from '../../gateway/core/clock.ts'
import type { ReplicaStatus } from '../../gateway/core/served-model.ts'
import { eventSubject } from './event-subject.ts'
import type { Events } from './events.ts'

/** Notices what becomes of replicas between two looks. */
export interface ReplicaWatch {
  look(replicas: readonly ReplicaStatus[]): void
  /** Wall-clock milliseconds of the look that found it drained; undefined when it is not. */
  drainedSinceMs(backend: string, replica: number): number | undefined
}

interface Seen {
  readonly shown: ReplicaStatus['state'] | 'drained'
  /** Of its state. */
  readonly sinceMs: number
  readonly drainedSinceMs?: number
}

/** Compares replicas with how they were at the last look, and notes what has changed. Attempts to come back are no news. */
export const watchReplicas = (clock: Clock, events: Pick<Events, 'note'>): ReplicaWatch => {
  const seen = new Map<string, Seen>()
  return {
    look: (replicas) => {
      for (const each of replicas) {
        const { backend, replica, detail } = each
        const before = seen.get(idOf(backend, replica))
        if (before !== undefined && isAttempt(each.state)) continue
        const now = seenNow(each, before, clock)
        seen.set(idOf(backend, replica), now)
        // The same state since another time: it was lost and back between two looks.
        if (before === undefined || (before.shown === now.shown && before.sinceMs === now.sinceMs)) continue
        events.note({
          kind: 'replica',
          ...eventSubject(replicas, backend, replica),
          from: before.shown,
          to: now.shown,
          ...(detail !== undefined && { reason: detail }),
        })
      }
    },
    drainedSinceMs: (backend, replica) => seen.get(idOf(backend, replica))?.drainedSinceMs,
  }
}

const idOf = (backend: string, replica: number): string => `${backend}/${replica}`

const seenNow = ({ state, sinceMs, barredBy }: ReplicaStatus, before: Seen | undefined, clock: Clock): Seen =>
  state === 'serving' && barredBy === 'drained'
    ? { shown: 'drained', sinceMs, drainedSinceMs: before?.drainedSinceMs ?? clock.wallNow() }
    : { shown: state, sinceMs }

const isAttempt = (state: ReplicaStatus['state']): boolean => state === 'starting' || state === 'probing'
