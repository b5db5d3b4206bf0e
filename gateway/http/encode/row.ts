import type { Embeddings, EncodingFormat } from '../../core/embeddings.ts'
import { vectorOf } from '../../core/embeddings.ts'
import { base64Of } from './base64.ts'
import { maxFloatsBytes, writeFloats } from './json-floats.ts'

/** A row as JSON: its bytes, or base64 that goes between quotes; to copy that into bytes of its own first would double its cost. */
export type EncodedRow = Uint8Array | string

/**
 * Row `index` as JSON: an array of numbers, or a base64 string. Rows from the store are encoded once: their memo keeps
 * the bytes, so that later hits are a copy.
 */
export const encodeRow = (embeddings: Embeddings, index: number, format: EncodingFormat): EncodedRow => {
  const memo = embeddings.memos?.[index]
  const kept = memo?.get(format)
  if (kept !== undefined) return kept
  const vector = vectorOf(embeddings, index)
  const row = format === 'base64' ? base64Of(vector) : floatsOf(vector)
  if (memo === undefined) return row
  const bytes = typeof row === 'string' ? Buffer.from(`"${row}"`, 'latin1') : row
  memo.set(format, bytes)
  return bytes
}

/** Reused by all rows: encoding never yields, and every row is copied out at its exact length. */
let scratch = new DataView(new ArrayBuffer(0))

const floatsOf = (vector: Float32Array): Uint8Array => {
  const needed = maxFloatsBytes(vector.length)
  if (scratch.byteLength < needed) scratch = new DataView(new ArrayBuffer(needed))
  return new Uint8Array(scratch.buffer).slice(0, writeFloats(vector, scratch, 0))
}
