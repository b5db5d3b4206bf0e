import { computed, type Embeddings } from '../../gateway/core/embeddings.ts'
import { BackendError } from '../../gateway/core/errors.ts'
import { tokenShares } from './token-shares.ts'
import { toUnitRows } from './unit-rows.ts'

/** What is known of the rows that an engine sends. */
export interface RowShape {
  readonly dims: number
  /** Whether they are to have length 1, if need be by our doing. */
  readonly normalized: boolean
  /** Tokens read per text. */
  readonly maxTokens: number
}

/** A number in JSON takes at most 25 characters, and the space and line breaks of a printer that indents. */
const bytesPerNumber = 40
const bytesPerRow = 1_024
const bytesAround = 65_536

/** The largest answer that can be honest: floats as JSON, with room for indenting. Base64 takes an eighth of it. */
export const largestAnswerBytes = (rows: number, dims: number): number =>
  rows * (dims * bytesPerNumber + bytesPerRow) + bytesAround

/** The JSON of an answer. @throws BackendError `protocol` when it is none */
export const jsonOf = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw new BackendError('protocol', 'the answer of the engine is not JSON')
  }
}

/** Copies one row of JSON numbers. @throws BackendError `protocol` or `invalid_rows` */
export const copyNumbers = (vectors: Float32Array, row: number, numbers: unknown, dims: number): void => {
  if (!Array.isArray(numbers)) throw new BackendError('protocol', `row ${row} of the answer is no list of numbers`)
  if (numbers.length !== dims) {
    throw new BackendError('invalid_rows', `row ${row} of the answer has width ${numbers.length}, not ${dims}`)
  }
  for (let index = 0; index < dims; index++) {
    const value: unknown = numbers[index]
    if (typeof value !== 'number') throw new BackendError('protocol', `row ${row} of the answer holds no numbers`)
    vectors[row * dims + index] = value
  }
}

/** The answer for `texts`, from an engine that tells only the sum of their tokens. */
export const answerOf = (
  texts: readonly string[],
  vectors: Float32Array,
  tokens: number | undefined,
  { dims, normalized, maxTokens }: RowShape,
): Embeddings => {
  if (normalized) toUnitRows(vectors, dims)
  return computed(vectors, dims, tokenShares(texts, tokens, maxTokens))
}
