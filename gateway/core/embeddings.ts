import type { Outcome } from './errors.ts'
import type { SpaceId } from './space.ts'

/** The texts of one call, and what an acceptable answer is. */
export interface EmbedBatch {
  /** Well-formed, non-empty strings with their prompt already applied. */
  readonly texts: readonly string[]
  /** false: a text longer than the model reads is refused with `EG_INPUT_TOO_LONG` instead of cut. */
  readonly truncate: boolean
  /** The space that every row must belong to. */
  readonly space: SpaceId
  /** Rows made by a backend whose parity is below this are not acceptable. */
  readonly minParity: number
}

/** Where a row came from. */
export const rowSource = { computed: 0, fresh: 1, stale: 2, joined: 3 } as const

/** One of the numbers of `rowSource`: computed now, a fresh or stale stored result, or joined to a computation in flight. */
export type RowSource = (typeof rowSource)[keyof typeof rowSource]

/** One step of a request along its chain. */
export interface Try {
  readonly backend: string
  readonly replica: number
  /** Position of the backend in the chain, 0 first. */
  readonly tier: number
  /** false for the stale reader. */
  readonly computing: boolean
  /** `skipped`: nothing was sent; `reason` says why. */
  readonly outcome: Outcome | 'skipped'
  /** Bounded: a `BackendFault`, an error code, or why it was skipped: a `ReplicaState`, or `looked_for` (not known yet if it is there). */
  readonly reason?: string
  readonly durationMs: number
  /** Of a success, where the backend tells it. */
  readonly ran?: Ran
}

/** What texts were computed on. */
export interface Ran {
  /** What runs the graph: cpu, cuda, webgpu. */
  readonly device: string
  /** Texts of the largest batch that any of them was in, others' texts included. */
  readonly batchTexts: number
}

/** Keeps the encoded form of a stored row beside it, so that a hit is not encoded again. */
export interface EncodingMemo {
  get(format: EncodingFormat): Uint8Array | undefined
  set(format: EncodingFormat, bytes: Uint8Array): void
}

/** How vectors are written in JSON: an array of numbers, or base64 of float32 little-endian. */
export type EncodingFormat = 'float' | 'base64'

/** The answer of any layer or backend: one row per text, in the order of the texts. */
export interface Embeddings {
  /** n x dims, row-major, each row of L2 norm 1 (unless the space is not normalized). */
  readonly vectors: Float32Array
  readonly dims: number
  /** Per row: tokens the model read, special tokens included, after truncation. */
  readonly tokens: Uint32Array
  /** Per row: 1 when the text was cut to the model's limit. */
  readonly truncated: Uint8Array
  /** Per row: a `RowSource`. */
  readonly source: Uint8Array
  /** Every step that was tried or skipped, in order. */
  readonly trail: readonly Try[]
  /**
   * Per row: the minimum cosine to the references of the backend that made it, at that time. Filled where the replica is
   * known, read by the cache, which stores it with the row. Left out: not known to be better than the batch demands.
   */
  readonly parity?: Float32Array
  /** Per row, for rows from the store: where their encoded form is kept. */
  readonly memos?: readonly (EncodingMemo | undefined)[]
  /** Of the backend that has just computed the rows; `balance` notes it in the trail. */
  readonly ran?: Ran
}

/** A mutable answer for `rows` texts, filled row by row. */
export interface EmbeddingsBuilder {
  readonly vectors: Float32Array
  readonly dims: number
  readonly tokens: Uint32Array
  readonly truncated: Uint8Array
  readonly source: Uint8Array
}

/** Zeroed arrays for `rows` rows of `dims` numbers. */
export const emptyRows = (rows: number, dims: number): EmbeddingsBuilder => ({
  vectors: new Float32Array(rows * dims),
  dims,
  tokens: new Uint32Array(rows),
  truncated: new Uint8Array(rows),
  source: new Uint8Array(rows),
})

/** A view (no copy) of row `index`. */
export const vectorOf = (embeddings: Pick<Embeddings, 'vectors' | 'dims'>, index: number): Float32Array =>
  embeddings.vectors.subarray(index * embeddings.dims, (index + 1) * embeddings.dims)

/** Copies row `from` of `source` into row `to` of `target`. Both must have the same width. */
export const copyRow = (target: EmbeddingsBuilder, to: number, source: EmbeddingsBuilder, from: number): void => {
  target.vectors.set(vectorOf(source, from), to * target.dims)
  target.tokens[to] = source.tokens[from] ?? 0
  target.truncated[to] = source.truncated[from] ?? 0
  target.source[to] = source.source[from] ?? 0
}

/** A batch of some of the texts of `batch`, in the order of `rows`. */
export const selectTexts = (batch: EmbedBatch, rows: readonly number[]): EmbedBatch => ({
  ...batch,
  texts: rows.map((row) => batch.texts[row] ?? ''),
})

/**
 * The answer of a backend that has just computed vectors: every row `computed`, no trail yet.
 *
 * @param vectors n x dims row-major, or one array per text
 * @param tokens per row; 0 where the engine does not count
 * @param truncated per row; none by default
 */
export const computed = (
  vectors: Float32Array | readonly ArrayLike<number>[],
  dims: number,
  tokens: ArrayLike<number>,
  truncated: ArrayLike<number> = new Uint8Array(tokens.length),
): Embeddings => ({
  vectors: vectors instanceof Float32Array ? vectors : rowMajor(vectors, dims),
  dims,
  tokens: Uint32Array.from(tokens),
  truncated: Uint8Array.from(truncated),
  source: new Uint8Array(tokens.length),
  trail: [],
})

const rowMajor = (rows: readonly ArrayLike<number>[], dims: number): Float32Array => {
  if (rows.some((row) => row.length !== dims)) return new Float32Array(0)
  const vectors = new Float32Array(rows.length * dims)
  rows.forEach((row, index) => vectors.set(row, index * dims))
  return vectors
}
