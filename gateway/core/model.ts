import type { Space, SpaceId } from './space.ts'
import type { TokenEstimate } from './token-estimate.ts'

/** Texts with the vectors that a correct backend gives for them. */
export interface References {
  readonly texts: readonly string[]
  /** texts.length x dims, row-major. */
  readonly vectors: Float32Array
  readonly dims: number
  /** Per text: whether it is longer than the model reads, so that the vector is of its beginning. None by default. */
  readonly truncated?: readonly boolean[]
}

/** What to do with a text longer than the model reads. */
export type OnTooLong = 'truncate' | 'refuse'

/** A model as callers see it. */
export interface Model {
  readonly name: string
  readonly aliases: readonly string[]
  readonly space: Space
  readonly spaceId: SpaceId
  /** The lowest cosine to the references that a backend may show and still serve, 0.999 by default. */
  readonly minParity: number
  readonly onTooLong: OnTooLong
  /** Widths a vector may be cut to; empty for models not trained for that. */
  readonly matryoshkaDims: readonly number[]
  /** Undefined: the model came without reference vectors, so its chain has one computing tier. */
  readonly references?: References
  /** How many tokens a text has, before anybody counted. */
  readonly estimate: TokenEstimate
}
