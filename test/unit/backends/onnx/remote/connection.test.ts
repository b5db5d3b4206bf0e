import { describe, expect, it } from 'vitest'
import { silentAfterMs } from '../../../../../backends/onnx/remote/connection.ts'

describe('silentAfterMs', () => {
  it.each([
    [50, 1_000],
    [150, 1_500],
    [200, 2_000],
    [600, 2_000],
    [1_000, 3_000],
    [9_000, 5_000],
  ])('for a longest batch of %i ms is %i ms, with inferences of 5 s at most', (longestBatchMs, limitMs) => {
    expect(silentAfterMs(longestBatchMs, 5_000)).toBe(limitMs)
  })
})
