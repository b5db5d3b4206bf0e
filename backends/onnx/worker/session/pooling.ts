import type { Pooling } from '../../../../gateway/core/space.ts'

/**
 * Makes one vector per row from token vectors.
 *
 * @param tokens rows x longest x dims, row-major; positions behind a row's end are padding and never read
 * @param lengths tokens per row
 * @returns rows x dims
 */
export const pool = (
  tokens: Float32Array,
  lengths: readonly number[],
  longest: number,
  dims: number,
  pooling: Pooling,
): Float32Array => {
  const vectors = new Float32Array(lengths.length * dims)
  lengths.forEach((length, row) => {
    const of = (position: number): Float32Array => {
      const start = (row * longest + position) * dims
      return tokens.subarray(start, start + dims)
    }
    const vector = vectors.subarray(row * dims, (row + 1) * dims)
    if (pooling === 'mean') meanOf(length, of, vector)
    else vector.set(of(pooling === 'cls' ? 0 : length - 1))
  })
  return vectors
}

/** Summed in double precision, so that the order and number of tokens cost nothing. */
const meanOf = (length: number, of: (position: number) => Float32Array, into: Float32Array): void => {
  const sum = new Float64Array(into.length)
  for (let position = 0; position < length; position++) {
    of(position).forEach((value, index) => {
      sum[index] = (sum[index] ?? 0) + value
    })
  }
  sum.forEach((value, index) => {
    into[index] = value / length
  })
}
