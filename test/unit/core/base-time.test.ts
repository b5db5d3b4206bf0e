import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { baseTime } from '../../../gateway/core/base-time.ts'

describe('the base time', () => {
  it('is the shortest of each size', () => {
    const base = baseTime(fakeClock(), 1_000)
    for (const [tokens, ms] of [
      [16, 9],
      [20, 5],
      [31, 7],
      [500, 80],
      [300, 60],
    ] as const)
      base.saw(tokens, ms)
    expect(base.of(16)).toBe(5)
    expect(base.of(511)).toBe(60)
    expect(base.of(4)).toBeUndefined()
    expect(base.least()).toBe(5)
  })

  it('is forgotten after two periods', async () => {
    const clock = fakeClock()
    let periods = 0
    const base = baseTime(clock, 1_000, () => void periods++)
    base.saw(16, 5)
    await clock.advance(1_000)
    base.saw(16, 50)
    expect(base.of(16)).toBe(5)
    await clock.advance(1_000)
    base.saw(16, 60)
    expect(base.of(16)).toBe(50)
    expect(periods).toBe(2)
  })

  it('is 0 of all while nothing was seen', () => {
    expect(baseTime(fakeClock(), 1_000).least()).toBe(0)
  })
})
