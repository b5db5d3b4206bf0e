import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { recentSum } from '../../../gateway/core/recent-sum.ts'

describe('recent sum', () => {
  it('counts until what happened is older than its buckets', () => {
    const sum = recentSum(100, 3)
    sum.add(0, 1)
    sum.add(200, 4)
    expect(sum.at(299)).toBe(5)
    expect(sum.at(300)).toBe(4)
    expect(sum.at(500)).toBe(0)
  })

  it('agrees with a list of all that happened, over any history, in whatever buckets', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 2_000 }), fc.nat({ max: 9 })))
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(1e9), steps, (buckets, startMs, history) => {
        const sum = recentSum(100, buckets)
        const happened: { readonly bucket: number; readonly amount: number }[] = []
        let nowMs = startMs
        for (const [waitMs, amount] of history) {
          nowMs += waitMs
          const oldest = Math.floor(nowMs / 100) - buckets + 1
          const expected = (): number =>
            happened.reduce((total, each) => total + (each.bucket >= oldest ? each.amount : 0), 0)
          expect(sum.at(nowMs)).toBe(expected())
          sum.add(nowMs, amount)
          happened.push({ bucket: Math.floor(nowMs / 100), amount })
          expect(sum.at(nowMs)).toBe(expected())
          expect(sum.inBucketsOf(200, nowMs).at(nowMs)).toBe(expected())
        }
      }),
    )
  })
})
