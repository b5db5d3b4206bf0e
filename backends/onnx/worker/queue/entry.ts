import type { Priority } from '../../../../gateway/core/call.ts'
import type { Lane } from './lane.ts'

/** One text that waits, or has waited, for its batch. */
export interface Entry {
  /** Token ids, special tokens included. */
  readonly ids: Int32Array
  readonly tenant: string
  readonly enqueuedAtMs: number
  /** Not worth running after this moment of the monotonic clock. */
  readonly deadlineAtMs: number
  /** true: it is the only text of its batch. */
  readonly alone?: boolean | undefined
  /** Set by the queue, which moves an entry whose class is raised. */
  priority: Priority
  /** Set by the queue: where it waits; undefined when it does not. */
  lane?: Lane<this> | undefined
}
