import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backoffMs } from '../../../../plugins/retries/backoff.ts'

const usual = { baseMs: 100, capMs: 5_000 }
const ceilingMs = (waits: number): number => backoffMs(waits, usual, () => 1)

describe('backoff', () => {
  it('[R2] doubles its ceiling from 100 ms with each wait, up to 5 s', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 60].map(ceilingMs)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
  })

  it('is all random: any time from nothing to its ceiling', () => {
    expect(backoffMs(2, usual, () => 0)).toBe(0)
    expect(backoffMs(2, usual, () => 0.25)).toBe(100)
  })

  it('never waits longer than its cap, whatever it is told', () => {
    fc.assert(
      fc.property(
        fc.nat(2_000),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.integer({ min: 1, max: 2 ** 31 - 1 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (waits, baseMs, capMs, draw) => {
          const ms = backoffMs(waits, { baseMs, capMs }, () => draw)
          expect(ms).toBeGreaterThanOrEqual(0)
          expect(ms).toBeLessThanOrEqual(capMs)
        },
      ),
    )
  })
})
