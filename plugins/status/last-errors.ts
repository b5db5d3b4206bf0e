import type { Clock } from '../../gateway/core/clock.ts'
import type { Try } from '../../gateway/core/embeddings.ts'

/** The last try on a replica that was no use. */
export interface LastError {
  /** Bounded: see `Try`. */
  readonly reason: string
  /** Wall-clock milliseconds. */
  readonly atMs: number
}

/** The last error of each replica; as many as there are replicas. */
export interface LastErrors {
  /** Looks through the tries of one request. */
  note(trail: readonly Try[]): void
  of(backend: string, replica: number): LastError | undefined
}

/** No errors yet. */
export const lastErrors = (clock: Clock): LastErrors => {
  const errors = new Map<string, LastError>()
  return {
    note: (trail) => {
      for (const { backend, replica, outcome, reason } of trail) {
        if (outcome !== 'failure' && outcome !== 'overload') continue
        errors.set(`${backend}/${replica}`, { reason: reason ?? outcome, atMs: clock.wallNow() })
      }
    },
    of: (backend, replica) => errors.get(`${backend}/${replica}`),
  }
}
