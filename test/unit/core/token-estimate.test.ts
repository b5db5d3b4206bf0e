import { describe, expect, it } from 'vitest'
import { tokenEstimate } from '../../../gateway/core/token-estimate.ts'

describe('a token estimate', () => {
  it('never exceeds what the model reads', () => {
    expect(tokenEstimate(256).tokensOf('word '.repeat(10_000))).toBe(256)
  })

  it('counts the special tokens of a short text', () => {
    expect(tokenEstimate(256).tokensOf('a')).toBe(3)
  })

  it('comes within a tenth of the true count after a thousand texts of another density', () => {
    const estimate = tokenEstimate(256)
    const text = 'x'.repeat(100)
    for (let round = 0; round < 1_000; round++) estimate.learn([text], [52], [0])
    expect(Math.abs(estimate.tokensOf(text) - 52)).toBeLessThanOrEqual(5)
  })

  it('learns nothing from a text that was cut, or that has only special tokens', () => {
    const estimate = tokenEstimate(256)
    const before = estimate.tokensOf('x'.repeat(400))
    estimate.learn(['x'.repeat(9_000), '\u0000'], [256, 2], [1, 0])
    expect(estimate.tokensOf('x'.repeat(400))).toBe(before)
  })

  it('keeps to one to eight bytes a token, whatever it is told', () => {
    const estimate = tokenEstimate(1_000_000)
    for (let round = 0; round < 1_000; round++) estimate.learn(['x'.repeat(10_000)], [3], [0])
    expect(estimate.tokensOf('x'.repeat(8_000))).toBeGreaterThanOrEqual(1_000)
  })
})
