import { describe, expect, it } from 'vitest'
import { pool } from '../../../../../../backends/onnx/worker/session/pooling.ts'

/** Two rows of two and three tokens, two numbers wide; 99 is padding. */
const tokens = Float32Array.of(1, 10, 3, 20, 99, 99, 4, 1, 5, 1, 9, 4)

describe('pooling', () => {
  it.each([
    ['mean', [2, 15, 6, 2]],
    ['cls', [1, 10, 4, 1]],
    ['last', [3, 20, 9, 4]],
  ] as const)('by %s never reads padding', (pooling, expected) => {
    expect([...pool(tokens, [2, 3], 3, 2, pooling)]).toEqual(expected)
  })
})
