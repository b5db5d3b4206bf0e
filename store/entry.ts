import { crc32 } from 'node:zlib'
import type { ResultKey, StoredResult } from './store.ts'

/**
 * The bytes of a stored result, the same in every tier, little-endian:
 *
 *   0  u32  CRC-32 of the key and of all bytes that follow
 *   4  u8   version, 1
 *   5  u8   1 when the text was truncated
 *   6  u16  0
 *   8  u32  tokens
 *  12  f32  parity of the maker
 *  16  f64  when it was stored, wall-clock milliseconds
 *  24  u32  dims
 *  28  u32  0
 *  32  f32 x dims
 */
export const headerBytes = 32
const version = 1

/** What binds an entry to its key: bytes that end up under another key are damage, never another text's vector. */
export type KeyCheck = number

/** The check of a key; worth keeping where the same key is read often. */
export const keyCheck = (key: ResultKey): KeyCheck => crc32(key)

/** Length of an encoded result of `dims` numbers. */
export const entryBytes = (dims: number): number => headerBytes + dims * 4

/**
 * Encodes a result for storage under the key of `check`.
 *
 * @param bytes where to: a whole buffer of `entryBytes` or more, so that one can be used again and again; new by default
 * @returns the part of `bytes` that was written
 */
export const encodeEntry = (
  check: KeyCheck,
  result: StoredResult,
  bytes = new Uint8Array(entryBytes(result.vector.length)),
): Uint8Array => {
  const { length } = result.vector
  const entry = bytes.subarray(0, entryBytes(length))
  entry.fill(0, 0, headerBytes)
  const header = new DataView(bytes.buffer, 0, headerBytes)
  header.setUint8(4, version)
  header.setUint8(5, result.truncated ? 1 : 0)
  header.setUint32(8, result.tokens, true)
  header.setFloat32(12, result.parity, true)
  header.setFloat64(16, result.storedAtMs, true)
  header.setUint32(24, length, true)
  new Float32Array(bytes.buffer, headerBytes, length).set(result.vector)
  header.setUint32(0, checksumOf(check, entry), true)
  return entry
}

/**
 * Decodes what was stored under the key of `check`; undefined when it is damaged, belongs to another key, or is of another version.
 * The vector is a view on `bytes` where its alignment allows, else a copy.
 *
 * @param view on all of the memory that `bytes` is in, for many entries side by side; new by default
 */
export const decodeEntry = (
  check: KeyCheck,
  bytes: Uint8Array,
  view = new DataView(bytes.buffer),
): StoredResult | undefined => {
  if (bytes.length < headerBytes) return undefined
  const at = bytes.byteOffset
  const dims = view.getUint32(at + 24, true)
  if (view.getUint8(at + 4) !== version || bytes.length !== entryBytes(dims)) return undefined
  if (view.getUint32(at, true) !== checksumOf(check, bytes)) return undefined
  return {
    vector: floatsOf(bytes, dims),
    tokens: view.getUint32(at + 8, true),
    truncated: view.getUint8(at + 5) === 1,
    parity: view.getFloat32(at + 12, true),
    storedAtMs: view.getFloat64(at + 16, true),
  }
}

/** When a result was stored, by the first `headerBytes` of its entry; whether these are damaged is not looked at. */
export const storedAtOf = (header: DataView): number => header.getFloat64(16, true)

const checksumOf = (check: KeyCheck, bytes: Uint8Array): number => crc32(bytes.subarray(4), check)

const floatsOf = (bytes: Uint8Array, dims: number): Float32Array => {
  const at = bytes.byteOffset + headerBytes
  if (at % 4 === 0) return new Float32Array(bytes.buffer, at, dims)
  return new Float32Array(bytes.slice(headerBytes).buffer)
}
