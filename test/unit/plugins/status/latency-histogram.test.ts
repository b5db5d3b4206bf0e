import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { latencyHistogram, percentilesOf } from '../../../../plugins/status/latency-histogram.ts'

const timesOf = (times: readonly number[]) => {
  const histogram = latencyHistogram()
  for (const each of times) histogram.record(each)
  return histogram
}

describe('percentiles of the last window', () => {
  it('are within 3 % of the time that holds the rank, from a sixteenth of a millisecond to two minutes', () => {
    const time = fc.double({ min: 1 / 16, max: 120_000, noNaN: true })
    fc.assert(
      fc.property(fc.array(time, { minLength: 1, maxLength: 300 }), (times) => {
        const sorted = times.toSorted((a, b) => a - b)
        const found = percentilesOf([timesOf(times)])
        for (const [share, shown] of [
          [0.5, found?.p50Ms],
          [0.95, found?.p95Ms],
          [0.99, found?.p99Ms],
        ] as const) {
          const exact = sorted[Math.max(1, Math.ceil(share * sorted.length)) - 1] ?? 0
          expect(Math.abs((shown ?? 0) / exact - 1)).toBeLessThan(0.03)
        }
      }),
    )
  })

  it('are the same of several windows as of one that holds all of it', () => {
    const times = fc.array(fc.double({ min: 0, max: 10_000, noNaN: true }), { maxLength: 50 })
    fc.assert(
      fc.property(times, times, (one, other) => {
        expect(percentilesOf([timesOf(one), timesOf(other)])).toEqual(percentilesOf([timesOf([...one, ...other])]))
      }),
    )
  })

  it('are none of nothing, and of what is not a time', () => {
    expect(percentilesOf([timesOf([Number.NaN, -1])])).toBeUndefined()
  })

  it('keep what takes for ever at the end, in the same memory', () => {
    const histogram = timesOf([Infinity, 1e12])
    expect(percentilesOf([histogram])?.p50Ms).toBeGreaterThan(100_000)
    expect(histogram.counts.byteLength).toBeLessThan(1_400)
  })

  it('forget what was cleared', () => {
    const histogram = timesOf([5])
    histogram.clear()
    expect(percentilesOf([histogram])).toBeUndefined()
  })
})
