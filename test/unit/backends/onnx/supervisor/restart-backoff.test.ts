import { describe, expect, it } from 'vitest'
import { restartBackoff } from '../../../../../backends/onnx/supervisor/restart-backoff.ts'

describe('restartBackoff', () => {
  it('restarts at once first, then waits twice as long each time up to 10 s', () => {
    const backoff = restartBackoff(() => 0)
    expect(Array.from({ length: 8 }, () => backoff.next(0))).toEqual([
      0, 500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000,
    ])
  })

  it('starts over after a worker that was ready for 10 s', () => {
    const backoff = restartBackoff(() => 0)
    backoff.next(0)
    backoff.next(9_999)
    expect(backoff.next(10_000)).toBe(0)
    expect(backoff.next(0)).toBe(500)
  })

  it('shortens waits by up to a fifth, at random', () => {
    const backoff = restartBackoff(() => 0.5)
    backoff.next(0)
    expect(backoff.next(0)).toBe(450)
  })
})
