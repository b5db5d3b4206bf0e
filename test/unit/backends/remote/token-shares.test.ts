import { array, assert, integer, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tokenShares } from '../../../../backends/remote/token-shares.ts'

const sumOf = (numbers: Uint32Array): number => numbers.reduce((total, each) => total + each, 0)
const texts = array(string({ minLength: 1, maxLength: 400 }), { minLength: 1, maxLength: 40 })

describe('tokens per text of an engine that tells their sum', () => {
  it('add up to the sum, and no text has more than the model reads', () => {
    assert(
      property(texts, integer({ min: 1, max: 5_000 }), integer({ min: 3, max: 64 }), (all, sum, maxTokens) => {
        const shares = tokenShares(all, sum, maxTokens)
        expect(sumOf(shares)).toBe(Math.min(sum, all.length * maxTokens))
        expect(Math.max(...shares)).toBeLessThanOrEqual(maxTokens)
      }),
    )
  })

  it('do not depend on where a text stands', () => {
    const all = ['a', 'bb', 'cccccccc', 'dd dd dd dd dd', 'e'.repeat(99)]
    for (const sum of [3, 17, 51, 640]) {
      const forward = tokenShares(all, sum, 128)
      expect([...tokenShares(all.toReversed(), sum, 128)].toReversed()).toEqual([...forward])
    }
  })

  it('are larger for longer texts', () => {
    const [short = 0, long = 0] = tokenShares(['a few words', 'many more words '.repeat(20)], 90, 256)
    expect(long).toBeGreaterThan(short * 5)
  })

  it.each([undefined, 0, -3, Number.NaN, 1.5])('are estimated when the sum is %s', (sum) => {
    expect([...tokenShares(['12345678', 'x'.repeat(4_000)], sum, 256)]).toEqual([4, 256])
  })
})
