import assert from 'node:assert/strict'
import { rowSource, vectorOf, type Embeddings } from '../../core/embeddings.ts'

/** The answer has `rows` rows of one width, all of them usable vectors that were computed now. */
export const assertComputedRows = (answer: Embeddings, rows: number): void => {
  const { vectors, dims, tokens, truncated, source } = answer
  assert.ok(vectors instanceof Float32Array, 'vectors are a Float32Array')
  assert.ok(Number.isInteger(dims) && dims > 0, 'dims is a positive integer')
  assert.equal(vectors.length, rows * dims, 'one vector of `dims` numbers per text')
  assert.deepEqual([tokens.length, truncated.length, source.length], [rows, rows, rows], 'one value per row')
  for (let row = 0; row < rows; row++) {
    const vector = vectorOf(answer, row)
    assert.ok(
      vector.every((value) => Number.isFinite(value)),
      `row ${row} is finite`,
    )
    assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-3, `row ${row} has length 1, not ${Math.hypot(...vector)}`)
    assert.equal(source[row], rowSource.computed, `row ${row} is computed`)
    assert.ok([0, 1].includes(truncated[row] ?? 2), `truncated of row ${row} is 0 or 1`)
  }
}

/** The largest difference between two vectors, number by number. */
export const differenceOf = (a: Float32Array, b: Float32Array): number => {
  assert.equal(a.length, b.length, 'vectors of one width')
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - (b[index] ?? Number.NaN))), 0)
}

/** Two computations of one text agree. */
export const assertSameVector = (a: Float32Array, b: Float32Array, tolerance: number, what: string): void => {
  const difference = differenceOf(a, b)
  assert.ok(difference <= tolerance, `${what}: apart by ${difference}, at most ${tolerance} is allowed`)
}

/** `work` has settled within `limitMs`; says how. */
export const settledWithin = async (work: Promise<unknown>, limitMs: number): Promise<'fulfilled' | 'rejected'> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late')
  })
  const settled = work.then(
    () => 'fulfilled' as const,
    () => 'rejected' as const,
  )
  const how = await Promise.race([settled, late])
  clearTimeout(timer)
  assert.notEqual(how, 'late', `it settles within ${limitMs} ms`)
  return how === 'late' ? 'rejected' : how
}
