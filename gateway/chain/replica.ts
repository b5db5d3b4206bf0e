import type { Backend, BackendPolicy } from '../core/backend.ts'
import type { Clock } from '../core/clock.ts'
import type { EmbedFn } from '../core/layer.ts'
import type { Log } from '../core/log.ts'
import type { References } from '../core/model.ts'
import type { Bar, Gate, ReplicaState, ReplicaStatus } from '../core/served-model.ts'
import type { SpaceId } from '../core/space.ts'

/** What a replica is measured by before it serves. */
export interface Goldens {
  readonly references: References
  readonly space: SpaceId
  /** Minimum cosine to the references. */
  readonly minParity: number
}

/** What a lifecycle needs to run. */
export interface LifecycleOptions {
  readonly backend: Backend
  readonly policy: BackendPolicy
  /** Its device may be missing on this machine, and that is a normal state. */
  readonly optional: boolean
  /** Undefined for readers of stored results, and for models that came without references: they serve once started. */
  readonly goldens?: Goldens
  /** What may keep it from being called while it serves; nothing by default. */
  readonly gates?: readonly Gate[]
  readonly clock: Clock
  readonly log: Log
  /** Uniform in [0, 1): jitter. */
  readonly random: () => number
  /** Limit of one `start()`, and of one probe (of a remote backend at most 10 000); 60 000 by default. */
  readonly modelLoadMs?: number
  /** Called after every change of state or parity. */
  readonly onChange?: () => void
  /** Called whenever a canary was answered. */
  readonly onCanary?: () => void
}

/** A replica and where it is in its life. */
export interface Replica {
  readonly backend: Backend
  readonly policy: BackendPolicy
  readonly state: ReplicaState
  /** Minimum cosine of the references probed so far. */
  readonly parity: number | undefined
  /** What keeps it from being called now, besides its state. */
  bar(): Bar | undefined
  /** A call has found it gone, and its health has not been good since: passed over while there are others. */
  readonly isSuspect: boolean
  /** Its engine was found to have another model than before, and it has not served with that one yet. */
  readonly hasOtherModel: boolean
  /** Whether it has served since the gateway started. */
  readonly hasServed: boolean
  /** It starts, or was lost so lately that it may soon be back: not longer ago than a start may take. */
  readonly isComing: boolean
  /** Wall-clock milliseconds: all that it made before then was right, by all references. 0 where there are none. */
  provenUntilMs(): number
  /** Calls in flight; counted by `balance`. */
  inFlight: number
  status(): ReplicaStatus
  /** Tells it the way of a try in one space, so that canaries of that space go through breaker and limits as any call does. */
  canariesGo(space: SpaceId, way: EmbedFn): void
  /** Begins its life; returns at once. */
  start(): void
  /** Tells it how a try ended: `absent`, `unavailable` or `connection` makes it suspect, and ask for its health now. */
  suspect(error: unknown): void
  /** Ends its life and closes the backend; takes at most 10 s and never rejects. */
  close(): Promise<void>
}
