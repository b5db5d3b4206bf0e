import { readFileSync } from 'node:fs'
import type { References } from '../../../gateway/core/model.ts'
import { fetchAgain, modelCorrupt } from './corrupt.ts'
import { readJsonFile } from './json-file.ts'

/**
 * Reads golden texts and the vectors that belong to them.
 *
 * @param textsPath JSON: `{"texts": [{"text": string, "truncated"?: boolean, ...}]}`
 * @param vectorsPath texts x dims float32, little-endian, row-major
 * @throws GatewayError `EG_MODEL_CORRUPT`
 */
export const readReferences = (textsPath: string, vectorsPath: string, dims: number): References => {
  const listed = readJsonFile(textsPath).get('texts')
  if (!Array.isArray(listed) || listed.length === 0) {
    throw modelCorrupt(textsPath, 'texts must be a non-empty list', fetchAgain)
  }
  const texts = listed.map((entry: unknown) => textOf(entry, textsPath))
  const vectors = readVectors(vectorsPath)
  if (vectors.length !== texts.length * dims) {
    const reason = `holds ${vectors.length} numbers, ${texts.length} texts of ${dims} dimensions need ${texts.length * dims}`
    throw modelCorrupt(vectorsPath, reason, fetchAgain)
  }
  return { texts, vectors, dims, truncated: listed.map((entry: unknown) => Object(entry).truncated === true) }
}

const textOf = (entry: unknown, path: string): string => {
  const text: unknown = Object(entry).text
  if (typeof text !== 'string') throw modelCorrupt(path, 'every entry of texts needs a text', fetchAgain)
  return text
}

const readVectors = (path: string): Float32Array => {
  try {
    const bytes = new Uint8Array(readFileSync(path))
    return new Float32Array(bytes.buffer, 0, Math.floor(bytes.byteLength / Float32Array.BYTES_PER_ELEMENT))
  } catch (error) {
    throw modelCorrupt(path, 'cannot be read', fetchAgain, error)
  }
}
