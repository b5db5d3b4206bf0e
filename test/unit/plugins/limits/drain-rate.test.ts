import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { drainRate } from '../../../../plugins/limits/drain-rate.ts'

const setup = () => {
  const clock = fakeClock()
  const rate = drainRate(clock)
  /** Finishes `tokensEach` every 10 ms for `ms`, while `waitingTokens` wait. */
  const work = async (ms: number, tokensEach: number, waitingTokens: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      await clock.advance(10)
      rate.finished(tokensEach, waitingTokens)
    }
  }
  return { clock, rate, work }
}

describe('the drain rate', () => {
  it('is what was finished per second while work waited', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('does not count the time before work came', async () => {
    const { clock, rate, work } = setup()
    await clock.advance(10_000)
    rate.began()
    await work(500, 16, 128)
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('is not lowered by callers who ask for less than can be done', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    await work(5_000, 1, 0)
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('falls when work waits and less is done', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    await work(10_000, 4, 10_000)
    expect(rate.tokensPerSecond()).toBeLessThan(500)
  })

  it('is raised by callers who ask for more than was thought possible', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(300, 1, 0)
    await work(5_000, 16, 0)
    expect(rate.tokensPerSecond()).toBeGreaterThan(1_400)
  })

  it('is unknown while nobody has waited for a quarter of a second', async () => {
    const { rate, work } = setup()
    for (let caller = 0; caller < 50; caller++) {
      rate.began()
      await work(20, 10, 0)
    }
    expect(rate.tokensPerSecond()).toBeUndefined()
  })
})
