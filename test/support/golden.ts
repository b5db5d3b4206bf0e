import { readFileSync } from 'node:fs'
import { expect } from 'vitest'

const folder = new URL('../../models/all-MiniLM-L6-v2/', import.meta.url)
const file = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8')) as {
  texts: { text: string; tokens: number; truncated: boolean }[]
}
const bytes = readFileSync(new URL('golden.f32', folder))

/** Width of the embedded model's vectors. */
export const dims = 384

/** Every golden text with the token count and vector of the reference implementation. */
export const goldens = file.texts.map(({ text, tokens, truncated }, row) => ({
  text,
  tokens,
  truncated,
  vector: Float32Array.from({ length: dims }, (_value, column) => bytes.readFloatLE((row * dims + column) * 4)),
}))

/** The cosine of two vectors of any length. */
export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [dot, normA, normB] = [0, 0, 0]
  for (let column = 0; column < a.length; column++) {
    const [x, y] = [a[column] ?? Number.NaN, b[column] ?? Number.NaN]
    dot += x * y
    normA += x * x
    normB += y * y
  }
  return dot / Math.sqrt(normA * normB)
}

/** The largest difference of any two numbers at the same place. */
export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let largest = a.length === b.length ? 0 : Number.POSITIVE_INFINITY
  for (let column = 0; column < a.length; column++) {
    const difference = Math.abs((a[column] ?? Number.NaN) - (b[column] ?? Number.NaN))
    // Written so that NaN counts as the largest difference of all.
    if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
  }
  return largest
}

/** Fails unless `vector` is the reference vector: cosine >= 0.99999, no number off by more than 5e-4. */
export const expectGolden = (vector: ArrayLike<number>, reference: ArrayLike<number>): void => {
  expect(vector.length).toBe(reference.length)
  expect(cosine(vector, reference)).toBeGreaterThanOrEqual(0.99999)
  expect(largestDifference(vector, reference)).toBeLessThanOrEqual(5e-4)
}

/** The vector in an item of an OpenAI answer, whichever encoding it has. */
export const vectorIn = (embedding: string | number[]): ArrayLike<number> => {
  if (typeof embedding !== 'string') return embedding
  const raw = Buffer.from(embedding, 'base64')
  return Float32Array.from({ length: raw.length / 4 }, (_value, column) => raw.readFloatLE(column * 4))
}
