import { Tensor } from 'onnxruntime-node'

/** The element types of graph inputs that can be fed. */
export const inputTypes = ['int64', 'int32', 'float32'] as const

/** An input of a graph, as its metadata describes it. */
export interface Input {
  readonly name: string
  readonly type: (typeof inputTypes)[number]
}

/** The number at position `at` of a row; positions behind its end are padding. */
type ValueAt = (ids: Int32Array, at: number, padId: number) => number

const values: Readonly<Record<string, ValueAt>> = {
  input_ids: (ids, at, padId) => ids[at] ?? padId,
  attention_mask: (ids, at) => (at < ids.length ? 1 : 0),
  // Every text is a first sentence.
  token_type_ids: () => 0,
}

/** The names of the inputs that can be fed. */
export const inputNames: readonly string[] = Object.keys(values)

/** Makes the tensor of an input for a batch of rows, padded to `longest`. The next batch overwrites it. */
export type InputBuffer = (rows: readonly Int32Array[], longest: number) => Tensor

/**
 * Prepares an input that fills one buffer over and over, enlarged when a batch needs more. An int64 buffer is filled
 * through its low words, which takes 2 us per 4 096 tokens; converting to bigints takes 300.
 */
export const inputBuffer = ({ name, type }: Input, padId: number): InputBuffer => {
  const valueAt = values[name] ?? (() => 0)
  // The high word of each int64 is never written: it stays 0, as ids are not negative.
  const stride = type === 'int64' ? 2 : 1
  let buffer = new ArrayBuffer(0)
  return (rows, longest) => {
    const elements = rows.length * longest
    const bytes = elements * stride * Int32Array.BYTES_PER_ELEMENT
    if (buffer.byteLength < bytes) buffer = new ArrayBuffer(bytes)
    const words =
      type === 'float32' ? new Float32Array(buffer, 0, elements) : new Int32Array(buffer, 0, elements * stride)
    let word = 0
    for (const ids of rows) {
      for (let at = 0; at < longest; at++, word += stride) words[word] = valueAt(ids, at, padId)
    }
    const dims = [rows.length, longest]
    if (words instanceof Float32Array) return new Tensor('float32', words, dims)
    if (type === 'int32') return new Tensor('int32', words, dims)
    return new Tensor('int64', new BigInt64Array(buffer, 0, elements), dims)
  }
}
