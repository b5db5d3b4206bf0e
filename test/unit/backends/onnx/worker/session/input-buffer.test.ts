import { describe, expect, it } from 'vitest'
import { inputBuffer } from '../../../../../../backends/onnx/worker/session/input-buffer.ts'

const rows = [Int32Array.of(5, 6, 7), Int32Array.of(8)]

describe('an input', () => {
  it.each([
    ['input_ids', [5, 6, 7, 8, 1, 1]],
    ['attention_mask', [1, 1, 1, 1, 0, 0]],
    ['token_type_ids', [0, 0, 0, 0, 0, 0]],
  ])('%s is filled row by row, padded to the longest, in any type', (name, expected) => {
    for (const type of ['int64', 'int32', 'float32'] as const) {
      const tensor = inputBuffer({ name, type }, 1)(rows, 3)
      expect(tensor.type).toBe(type)
      expect(tensor.dims).toEqual([2, 3])
      expect(Array.from(tensor.data as ArrayLike<number | bigint>, Number)).toEqual(expected)
    }
  })

  it.each(['int64', 'int32', 'float32'] as const)('of %s carries nothing over from a larger batch', (type) => {
    const fill = inputBuffer({ name: 'input_ids', type }, 0)
    fill([new Int32Array(20).fill(9), new Int32Array(20).fill(9)], 20)
    expect(Array.from(fill(rows, 3).data as ArrayLike<number | bigint>, Number)).toEqual([5, 6, 7, 8, 0, 0])
  })

  it('uses its buffer again', () => {
    const fill = inputBuffer({ name: 'input_ids', type: 'int32' }, 0)
    const first = fill(rows, 3).data as Int32Array
    expect((fill([Int32Array.of(1)], 1).data as Int32Array).buffer).toBe(first.buffer)
  })
})
