import type { Target } from '../load/plan.ts'

/** Something that answers embedding requests, started for a measurement. */
export interface Server {
  readonly target: Target
  /** Its processes; their children belong to them. */
  readonly pids: readonly number[]
  /** Stops it and waits until it is gone. */
  stop(): Promise<void>
}
