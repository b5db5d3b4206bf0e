import type { Call } from '../core/call.ts'
import { vectorOf, type Embeddings } from '../core/embeddings.ts'
import { BackendError } from '../core/errors.ts'
import type { EmbedFn } from '../core/layer.ts'
import type { References } from '../core/model.ts'
import type { SpaceId } from '../core/space.ts'

/** Texts of one call of a probe, and of the probe that a backend must pass before it serves: short enough to start fast. */
export const probeTexts = 8

/** A run of reference texts: `start` to `end`, without `end`. */
export interface ReferenceRange {
  readonly start: number
  readonly end: number
}

/**
 * Embeds reference texts, in chunks of `probeTexts`, and compares. The chunks behind one that is below `floor` are left out.
 *
 * @param floor a cosine; none by default
 * @returns the minimum cosine to the reference vectors
 * @throws BackendError `invalid_rows` for a wrong count or width, or rows without a direction; or whatever `embed` throws
 */
export const probe = async (
  embed: EmbedFn,
  references: References,
  space: SpaceId,
  { start, end }: ReferenceRange,
  call: Call,
  floor = -Infinity,
): Promise<number> => {
  let lowest = 1
  for (let from = start; from < end && lowest >= floor; from += probeTexts) {
    const texts = references.texts.slice(from, Math.min(end, from + probeTexts))
    const answer = await embed({ texts, truncate: true, space, minParity: -1 }, call)
    if (answer.dims !== references.dims || answer.vectors.length !== texts.length * references.dims) {
      throw new BackendError('invalid_rows', `the probe got ${answer.vectors.length} numbers of width ${answer.dims}`)
    }
    lowest = Math.min(lowest, lowestCosine(answer, references, from, texts.length))
  }
  return lowest
}

const lowestCosine = (answer: Embeddings, references: References, first: number, rows: number): number => {
  let lowest = 1
  for (let row = 0; row < rows; row++) {
    const similarity = cosine(vectorOf(answer, row), vectorOf(references, first + row))
    if (Number.isNaN(similarity)) throw new BackendError('invalid_rows', 'the probe got a row that is no vector')
    lowest = Math.min(lowest, similarity)
  }
  return lowest
}

/** NaN when either is zero or not finite. */
const cosine = (a: Float32Array, b: Float32Array): number => {
  let dot = 0
  let squaresA = 0
  let squaresB = 0
  a.forEach((x, index) => {
    const y = b[index] ?? 0
    dot += x * y
    squaresA += x * x
    squaresB += y * y
  })
  return dot / Math.sqrt(squaresA * squaresB)
}
