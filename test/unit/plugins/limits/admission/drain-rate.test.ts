import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { drainRate, type Pace } from '../../../../../plugins/limits/admission/drain-rate.ts'

const setup = () => {
  const clock = fakeClock()
  const rate = drainRate(clock)
  /** Answers `tokensEach` every 10 ms for `ms`, while `leftTokens` wait. */
  const work = async (ms: number, tokensEach: number, leftTokens: number, pace: Pace = 'delayed'): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 10) {
      await clock.advance(10)
      rate.answered(pace)
      rate.worked(tokensEach, leftTokens)
    }
  }
  return { clock, rate, work }
}

describe('the drain rate', () => {
  it('is what was computed per second while work waited', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('counts no time in which there was no work', async () => {
    const { clock, rate, work } = setup()
    await clock.advance(10_000)
    for (let times = 0; times < 20; times++) {
      rate.began()
      await work(50, 16, 1_000)
      rate.ended()
      await clock.advance(5_000)
    }
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('is unknown while answers take no longer than they must: many run at once, and nothing waits', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(5_000, 16, 10_000, 'prompt')
    expect(rate.tokensPerSecond()).toBeUndefined()
  })

  it('is at first no less than what was done before work waited: a burst begins with other work than computing', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(3_000, 64, 100)
    expect(rate.tokensPerSecond()).toBeUndefined()
    await work(250, 16, 10_000)
    expect(rate.tokensPerSecond()).toBeCloseTo(6_400)
    await work(3_000, 16, 10_000)
    expect(rate.tokensPerSecond()).toBeLessThan(2_000)
  })

  it('is not lowered by callers who ask for less than can be done', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    await work(5_000, 1, 0)
    await work(5_000, 1, 10_000, 'prompt')
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('is learnt anew in three seconds when a tier is lost', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 160, 100_000)
    await work(3_000, 16, 100_000)
    expect(rate.tokensPerSecond()).toBeLessThan(2_800)
  })

  it('falls although little waits when the rest is refused', async () => {
    const { rate, work } = setup()
    rate.began()
    await work(1_000, 160, 100_000)
    for (let second = 0; second < 3; second++) {
      rate.refused()
      await work(250, 16, 10)
      rate.refused()
      await work(750, 16, 10)
    }
    expect(rate.tokensPerSecond()).toBeLessThan(12_000)
  })

  it('is raised in three seconds when a tier is back, though its callers were few and far between', async () => {
    const { clock, rate, work } = setup()
    rate.began()
    await work(1_000, 2, 10_000)
    for (let times = 0; times < 300; times++) {
      rate.ended()
      await clock.advance(100)
      rate.began()
      await work(10, 16, 0, 'prompt')
    }
    expect(rate.tokensPerSecond()).toBeGreaterThan(1_400)
  })

  it('is the highest there was when work comes after ten quiet seconds: what made it low may be over', async () => {
    const { clock, rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    await work(5_000, 1, 10_000)
    expect(rate.tokensPerSecond()).toBeLessThan(200)
    rate.ended()
    await clock.advance(9_999)
    rate.began()
    expect(rate.tokensPerSecond()).toBeLessThan(200)
    rate.ended()
    await clock.advance(10_000)
    rate.began()
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('is never again what a device did that was replaced: a minute in which work waited and that was not reached', async () => {
    const { clock, rate, work } = setup()
    const afterQuiet = async (): Promise<number | undefined> => {
      rate.ended()
      await clock.advance(10_000)
      rate.began()
      return rate.tokensPerSecond()
    }
    rate.began()
    await work(1_000, 16, 10_000)
    await work(25_000, 1, 10_000)
    expect(await afterQuiet()).toBeCloseTo(1_600)
    // What it is judged by after each quiet time is no work that was done.
    for (let bursts = 0; bursts < 4; bursts++) {
      await work(10_000, 1, 10_000)
      await afterQuiet()
    }
    expect(rate.tokensPerSecond()).toBeLessThan(200)
  })

  it('is remembered however long little was asked for', async () => {
    const { clock, rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    await work(100_000, 1, 0, 'prompt')
    await work(5_000, 1, 10_000)
    expect(rate.tokensPerSecond()).toBeLessThan(200)
    rate.ended()
    await clock.advance(10_000)
    rate.began()
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('is not made by a single answer after a stall', async () => {
    const { clock, rate } = setup()
    rate.began()
    for (let answers = 1; answers <= 4; answers++) {
      expect(rate.tokensPerSecond()).toBeUndefined()
      await clock.advance(1_800)
      rate.answered('delayed')
      rate.worked(24, 10_000)
    }
    expect(rate.tokensPerSecond()).toBeCloseTo(96 / 7.2)
  })

  it('is not thrown away for one stall, however long', async () => {
    const { clock, rate, work } = setup()
    rate.began()
    await work(1_000, 16, 10_000)
    await clock.advance(20_000)
    await work(10, 16, 10_000)
    expect(rate.tokensPerSecond()).toBeGreaterThan(600)
  })

  it('counts no time in which what computes had failed', async () => {
    const { clock, rate, work } = setup()
    rate.began()
    await work(100, 16, 10_000)
    await clock.advance(5_000)
    rate.failed()
    await work(200, 16, 10_000)
    expect(rate.tokensPerSecond()).toBeCloseTo(1_600)
  })

  it('takes the lumps in which large pieces come for what they are', async () => {
    const { clock, rate } = setup()
    rate.began()
    for (let second = 0; second < 30; second++) {
      await clock.advance(500)
      rate.worked(2_048, 50_000)
      rate.worked(2_048, 50_000)
    }
    expect(rate.tokensPerSecond()).toBeCloseTo(8_192, -1)
  })
})
