import { sumOfSquares } from '../core/sum-of-squares.ts'

/** How far from 1 the L2 norm of a row may be: fp16 and int8 tiers stay well within, a row that was never normalised does not. */
const normTolerance = 1e-2
const unitSquare = { least: (1 - normTolerance) ** 2, most: (1 + normTolerance) ** 2 } as const

/**
 * The rows that are no vector: not finite, all zero, or (where vectors are `normalized`) not of unit length.
 * One pass: a NaN or an infinity anywhere shows in the sum of squares.
 */
export const badRows = (vectors: Float32Array, dims: number, normalized: boolean): number[] => {
  const bad: number[] = []
  const least = normalized ? unitSquare.least : Number.MIN_VALUE
  const most = normalized ? unitSquare.most : Number.MAX_VALUE
  for (let start = 0, row = 0; start < vectors.length; start += dims, row++) {
    const sum = sumOfSquares(vectors, start, start + dims)
    if (!(sum >= least && sum <= most)) bad.push(row)
  }
  return bad
}
