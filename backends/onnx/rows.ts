/** The rows of one piece, as they travel from a worker to its supervisor. */
export interface Rows {
  /** n x dims, row-major. */
  readonly vectors: Float32Array
  readonly dims: number
  /** Per row: what the model read, special tokens included, after truncation. */
  readonly tokens: Uint32Array
  /** Per row: 1 when the text was cut to the model's limit. */
  readonly truncated: Uint8Array
}

/** Row count and width, as two uint32. */
const headerBytes = 8
const wordBytes = 4

/** Flags are bytes; what follows them starts at a multiple of four, so that vectors can be read in place. */
const flagBytes = (rows: number): number => Math.ceil(rows / wordBytes) * wordBytes

/**
 * The body of a worker's answer, little-endian: uint32 row count, uint32 dims, uint32 tokens per row, uint8 truncated per
 * row (padded with zeros to a multiple of four bytes), then float32 vectors row by row.
 */
export const encodeRows = ({ vectors, dims, tokens, truncated }: Rows): Uint8Array => {
  const rows = tokens.length
  const flagsAt = headerBytes + rows * wordBytes
  const vectorsAt = flagsAt + flagBytes(rows)
  const bytes = new Uint8Array(vectorsAt + rows * dims * wordBytes)
  new Uint32Array(bytes.buffer, 0, 2).set([rows, dims])
  new Uint32Array(bytes.buffer, headerBytes, rows).set(tokens)
  bytes.set(truncated, flagsAt)
  new Float32Array(bytes.buffer, vectorsAt, rows * dims).set(vectors)
  return bytes
}

/**
 * Reads what `encodeRows` wrote. The arrays are views of `bytes` when it starts at a multiple of four, of one copy
 * otherwise.
 *
 * @throws Error when the length is not what the header says
 */
export const decodeRows = (bytes: Uint8Array): Rows => {
  if (bytes.byteLength < headerBytes) throw new Error(`an answer of ${bytes.byteLength} bytes has no header`)
  const { buffer, byteOffset } = bytes.byteOffset % wordBytes === 0 ? bytes : new Uint8Array(bytes)
  const [rows = 0, dims = 0] = new Uint32Array(buffer, byteOffset, 2)
  const flagsAt = headerBytes + rows * wordBytes
  const vectorsAt = flagsAt + flagBytes(rows)
  const expected = vectorsAt + rows * dims * wordBytes
  if (bytes.byteLength !== expected) {
    throw new Error(
      `an answer of ${rows} rows of ${dims} numbers has ${expected} bytes, but ${bytes.byteLength} arrived`,
    )
  }
  return {
    dims,
    tokens: new Uint32Array(buffer, byteOffset + headerBytes, rows),
    truncated: new Uint8Array(buffer, byteOffset + flagsAt, rows),
    vectors: new Float32Array(buffer, byteOffset + vectorsAt, rows * dims),
  }
}
