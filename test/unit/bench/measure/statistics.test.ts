import { describe, expect, it } from 'vitest'
import { pair } from '../../../../bench/measure/pair.ts'
import { median, percentile, slope } from '../../../../bench/measure/statistics.ts'

describe('statistics', () => {
  it('takes percentiles by nearest rank and the median between the middle two', () => {
    const values = [5, 1, 4, 2, 3, 6]
    expect(percentile(values, 0.5)).toBe(3)
    expect(percentile(values, 0.95)).toBe(6)
    expect(median(values)).toBe(3.5)
    expect(median([2, 9, 1])).toBe(2)
    expect(percentile([], 0.5)).toBeNaN()
  })

  it('finds the slope of a line', () => {
    expect(slope([0, 1, 2, 3], [1, 3, 5, 7])).toBeCloseTo(2)
  })
})

describe('pair', () => {
  it('measures in turns and takes ratios round by round', async () => {
    const order: string[] = []
    const measure = (name: string, values: number[]) => (round: number) => {
      order.push(`${name}${round}`)
      return values[round] ?? 0
    }
    const found = await pair(3, measure('a', [10, 40, 30]), measure('b', [5, 10, 10]))
    expect(order).toEqual(['a0', 'b0', 'a1', 'b1', 'a2', 'b2'])
    expect(found.a.median).toBe(30)
    expect(found.ratio).toEqual({ median: 3, min: 2, max: 4 })
  })
})
