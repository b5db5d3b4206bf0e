/** How far from 1 the norm of a row may be that is said to be normalised; rounding stays far below. */
const normTolerance = 1e-3

/** What to make of the rows of a graph: bring them to norm 1, expect that of them, or only expect numbers. */
export type NormRule = 'normalize' | 'expect_unit' | 'any'

/**
 * Judges rows and normalises them in place where the rule says so.
 *
 * @param vectors rows x dims
 * @throws Error when a row is not finite, is zero and should be normalised, or is not of norm 1 and should be
 */
export const applyNormRule = (vectors: Float32Array, dims: number, rule: NormRule): void => {
  for (let start = 0; start < vectors.length; start += dims) {
    const norm = normOf(vectors, start, start + dims)
    if (!Number.isFinite(norm)) throw new Error('the model gave a vector that is not finite')
    if (rule === 'expect_unit' && Math.abs(norm - 1) > normTolerance) {
      throw new Error(`the model gave a vector of norm ${norm} where 1 is expected`)
    }
    if (rule !== 'normalize') continue
    if (norm === 0) throw new Error('the model gave a zero vector, which has no direction')
    for (let index = start; index < start + dims; index++) vectors[index] = (vectors[index] ?? 0) / norm
  }
}

const normOf = (vectors: Float32Array, start: number, end: number): number => {
  let sum = 0
  for (let index = start; index < end; index++) {
    const value = vectors[index] ?? 0
    sum += value * value
  }
  return Math.sqrt(sum)
}
