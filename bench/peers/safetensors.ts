import { readFileSync } from 'node:fs'

/** A tensor of a checkpoint. */
export interface StoredTensor {
  readonly values: Float32Array
  readonly shape: readonly number[]
}

interface Entry {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly data_offsets: readonly [start: number, end: number]
}

/**
 * Reads the fp32 tensors of a safetensors file: a 64-bit header length, a JSON header, then the bytes.
 *
 * @returns a lookup by name that throws for names the file lacks
 */
export const readSafetensors = (path: string): ((name: string) => StoredTensor) => {
  const file = readFileSync(path)
  const dataStart = 8 + Number(file.readBigUInt64LE(0))
  const header = JSON.parse(file.toString('utf8', 8, dataStart)) as Record<string, Entry | undefined>
  return (name) => {
    const entry = header[name]
    if (entry?.dtype !== 'F32') throw new Error(`${path}: no fp32 tensor ${name}`)
    const [start, end] = entry.data_offsets
    // Copied: a Float32Array must begin at a multiple of four.
    const bytes = Uint8Array.from(file.subarray(dataStart + start, dataStart + end))
    return { values: new Float32Array(bytes.buffer), shape: entry.shape }
  }
}
