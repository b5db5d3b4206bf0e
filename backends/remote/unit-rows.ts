import { sumOfSquares } from '../../gateway/core/sum-of-squares.ts'

/** Float32 numbers of a vector of length 1 do not square to more than this away from 1; such rows stay as they are. */
const tolerance = 1e-5

/**
 * Brings every row to length 1, in place. Rows without a direction, all zero or not finite, are left for the chain to
 * refuse.
 */
export const toUnitRows = (vectors: Float32Array, dims: number): void => {
  for (let start = 0; start < vectors.length; start += dims) {
    const squares = sumOfSquares(vectors, start, start + dims)
    if (!(squares > 0) || !Number.isFinite(squares) || Math.abs(squares - 1) <= tolerance) continue
    const scale = 1 / Math.sqrt(squares)
    for (let index = start; index < start + dims; index++) vectors[index] = (vectors[index] ?? 0) * scale
  }
}
