import type { Config } from '../../gateway/config/schema.ts'
import type { FaultName } from './faults.ts'

/** A fault of one replica, and when it shows: milliseconds of the history. */
export interface FaultWindow {
  readonly fault: FaultName
  readonly fromMs: number
  readonly toMs: number
}

/** One replica of a simulated backend. */
export interface ReplicaPlan {
  readonly faults: readonly FaultWindow[]
}

/** A simulated backend: an engine on another machine, or one with the worker's own queue. */
export interface BackendPlan {
  readonly name: string
  readonly kind: 'remote' | 'worker'
  /** The name of the space its vectors are in. */
  readonly space: string
  readonly maxTokens: number
  readonly latencyMs: number
  readonly msPerToken: number
  readonly limits: { readonly texts: number; readonly tokens?: number }
  /** Of a worker: more waiting tokens are refused. */
  readonly queueTokens: number
  readonly optional: boolean
  /** false: nobody can ask it how it is, and only its calls tell. */
  readonly hasHealth: boolean
  readonly replicas: readonly ReplicaPlan[]
  readonly policy: { readonly timeoutMs?: number; readonly maxConcurrency?: number }
}

/** A model and its chain. */
export interface ModelPlan {
  readonly name: string
  /** Names of backends; `cached` is the stale reader. */
  readonly chain: readonly string[]
  readonly onTooLong: 'truncate' | 'refuse'
}

/** A request and when it comes. */
export interface RequestPlan {
  readonly atMs: number
  readonly model: string
  readonly tenant: string
  readonly texts: readonly string[]
  readonly headers: Readonly<Record<string, string>>
  /** The caller leaves this long after it came. */
  readonly leavesAfterMs?: number
}

/** The sections of the configuration that a history may draw. */
export type Settings = Pick<Config, 'server' | 'cache' | 'limits' | 'timeouts' | 'breaker' | 'retry'>

/** All that happens to a gateway in one history. */
export interface Plan {
  readonly seed: number
  readonly backends: readonly BackendPlan[]
  readonly models: readonly ModelPlan[]
  readonly requests: readonly RequestPlan[]
  readonly settings: Settings
  /** No fault, no tight limit, nobody in a hurry: whatever is refused is refused without a reason. */
  readonly isCalm: boolean
  /** From then on nothing fails. */
  readonly healedMs: number
}
