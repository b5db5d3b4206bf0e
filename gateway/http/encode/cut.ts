import type { Embeddings } from '../../core/embeddings.ts'
import { vectorOf } from '../../core/embeddings.ts'

/**
 * Vectors cut to their first `dims` numbers, for models trained to be cut (Matryoshka).
 *
 * @param normalized whether the space's vectors have length 1: then the cut ones are brought back to it
 */
export const cutTo = (embeddings: Embeddings, dims: number, normalized: boolean): Embeddings => {
  const count = embeddings.tokens.length
  const vectors = new Float32Array(count * dims)
  for (let index = 0; index < count; index++) {
    const cut = vectors.subarray(index * dims, (index + 1) * dims)
    cut.set(vectorOf(embeddings, index).subarray(0, dims))
    if (normalized) toUnitLength(cut)
  }
  const { memos: _encodedAtFullWidth, ...rest } = embeddings
  return { ...rest, vectors, dims }
}

const toUnitLength = (vector: Float32Array): void => {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0))
  if (length === 0) return
  vector.forEach((value, index) => {
    vector[index] = value / length
  })
}
