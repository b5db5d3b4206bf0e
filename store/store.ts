import type { EncodingMemo } from '../gateway/core/embeddings.ts'
import type { KeyScope } from './key.ts'

/** A stored result: everything needed to answer as if it were computed now. */
export interface StoredResult {
  readonly vector: Float32Array
  /** What the model read when it was computed, so that a hit reports the same usage. */
  readonly tokens: number
  readonly truncated: boolean
  /** Minimum cosine to the references of the backend that made it, at that time. */
  readonly parity: number
  /** Wall-clock milliseconds; decides whether it is fresh or stale. */
  readonly storedAtMs: number
}

/** A stored result as it was found. */
export interface FoundResult extends StoredResult {
  /** Where its encoded form is kept, on tiers that keep it. */
  readonly memo?: EncodingMemo
}

/** What was found, in the order of the keys. */
export type FoundResults = readonly (FoundResult | undefined)[]

/** The name of a stored result: see `resultKey`. */
export type ResultKey = string

/** What a tier holds now. */
export interface StoreLevel {
  readonly entries: number
  readonly bytes: number
  readonly maxBytes: number
}

/** Which results to drop: those of one space, of one tenant, or all. */
export interface ClearScope extends KeyScope {
  /** Only those stored at this time of the wall clock or later. */
  readonly storedSinceMs?: number
}

/** One tier of the cached-result store: memory, disk, Redis, S3. */
export interface ResultStore {
  /** The tier's name: a metric label. */
  readonly tier: string
  /**
   * Looks up many results at once; undefined where there is none, or where it is damaged (damaged ones are dropped).
   * Found vectors are the caller's: nothing in the store writes to their memory again.
   * Ages are the reader's business: results older than the stale limit may still be returned.
   * A tier that need not wait for anything answers at once, without a promise.
   */
  getMany(keys: readonly ResultKey[]): FoundResults | Promise<FoundResults>
  /**
   * Stores a copy; an older result of the same key is replaced. Never fails a request: faults are counted and logged.
   * A tier that need not wait for anything has stored it when this returns, without a promise.
   */
  putMany(results: readonly (readonly [ResultKey, StoredResult])[]): Promise<void> | void
  /** Drops everything, or what is in the scope; also what `putMany` was given before and has not stored yet. */
  clear(scope?: ClearScope): Promise<void>
  /** Gives back the memory of this process that it can do without: results that lie nowhere else are lost. */
  dropMemory(): void
  level(): StoreLevel
  close(): Promise<void>
}
