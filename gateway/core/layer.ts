import type { Backend, BackendPolicy } from './backend.ts'
import type { Call } from './call.ts'
import type { EmbedBatch, Embeddings } from './embeddings.ts'
import type { Model } from './model.ts'

/**
 * Turns texts into vectors: the one function that backends offer and layers wrap.
 * Resolves with one row per text, or rejects; never with fewer rows.
 */
export type EmbedFn = (batch: EmbedBatch, call: Call) => Promise<Embeddings>

/** Where in the chain a layer stands. */
export interface Where {
  readonly model: Model
  /** The configured name of the tier, for layers of a tier or of a try. */
  readonly tier?: string
  /** false in a tier that reads stored results; for layers of a tier or of a try. */
  readonly computing?: boolean
  /** The replica, for layers of a try. */
  readonly backend?: Backend
  /** The policy keys of the tier's entry. */
  readonly policy?: BackendPolicy
  /** What else could answer, for layers of a tier. */
  readonly alternatives?: Alternatives
}

/** What else could answer a call that a replica has failed, now. */
export interface Alternatives {
  /** Whether a computing tier behind this one can be called. */
  lowerTier(): boolean
  /** Whether a replica of this tier can be called, be it one that has failed already. */
  sameTier(): boolean
  /** Whether a replica of this tier can be called that has not failed `call`, and that no other call has found gone. */
  otherReplica(call: Call): boolean
}

/**
 * A policy around an `EmbedFn`: time limit, cache, breaker, ... Called once per place it stands in, for the tiers of a model
 * in the order of its chain.
 */
export type Layer = (next: EmbedFn, where: Where) => EmbedFn
