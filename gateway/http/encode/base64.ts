/**
 * A vector as base64 of its float32 little-endian bytes, taken as they lie in memory. Every platform that Node ships a build of
 * for this engine (x64, arm64) is little-endian.
 */
export const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64')
