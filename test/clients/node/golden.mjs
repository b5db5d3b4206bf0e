import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const folder = new URL('../../../models/all-MiniLM-L6-v2/', import.meta.url)
const { texts } = JSON.parse(readFileSync(new URL('golden.json', folder), 'utf8'))
const bytes = readFileSync(new URL('golden.f32', folder))
const dims = 384

/** Where the gateway under test listens, e.g. http://127.0.0.1:8080/v1. */
export const baseURL = process.env.EMBEDGATE_BASE_URL

/** The first goldens: text, token count and reference vector. */
export const goldens = texts.slice(0, 12).map(({ text, tokens }, row) => ({
  text,
  tokens,
  vector: Float32Array.from({ length: dims }, (_, i) => bytes.readFloatLE((row * dims + i) * 4)),
}))

/** Fails unless `vector` is the reference vector of golden `row`: cosine >= 0.99999, no number off by more than 5e-4. */
export const assertGolden = (vector, row) => {
  const expected = goldens[row].vector
  assert.equal(vector.length, dims, 'width')
  let dot = 0
  let norm = 0
  let largest = 0
  for (let i = 0; i < dims; i++) {
    dot += vector[i] * expected[i]
    norm += vector[i] * vector[i]
    largest = Math.max(largest, Math.abs(vector[i] - expected[i]))
  }
  assert.ok(dot / Math.sqrt(norm) >= 0.99999, `cosine ${dot / Math.sqrt(norm)}`)
  assert.ok(largest <= 5e-4, `largest difference ${largest}`)
}
