/**
 * A vector as a JSON string: base64 of its float32 little-endian bytes, taken as they lie in memory. Every platform that
 * Node ships a build of for this engine (x64, arm64) is little-endian.
 */
export const base64Of = (vector: Float32Array): Uint8Array => {
  const text = Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64')
  return Buffer.from(`"${text}"`, 'latin1')
}
