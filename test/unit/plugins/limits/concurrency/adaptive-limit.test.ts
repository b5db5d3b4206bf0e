import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { adaptiveLimit, type Ending } from '../../../../../plugins/limits/concurrency/adaptive-limit.ts'

const setup = (ceiling = 64) => {
  const clock = fakeClock()
  const limit = adaptiveLimit(clock, ceiling)
  /** A call that takes `ms`, with as many in flight as the limit allows. */
  const call = async (ms: number, how: Ending = 'answered', inFlight = limit.now(), tokens = 16): Promise<void> => {
    const begun = { atMs: clock.now(), tokens, inFlight }
    await clock.advance(ms)
    limit.ended(begun, how)
  }
  return { clock, limit, call }
}

describe('the adaptive limit', () => {
  it('grows while all places are in use and answers take no longer, up to the ceiling', async () => {
    const { limit, call } = setup(20)
    for (let times = 0; times < 50; times++) await call(10)
    expect(limit.now()).toBe(20)
  })

  it('grows from between two whole numbers, too', async () => {
    const { clock, limit, call } = setup()
    await call(10, 'timeout')
    await clock.advance(1)
    await call(10, 'overload')
    await clock.advance(1)
    expect(limit.now()).toBe(2)
    for (let times = 0; times < 20; times++) await call(10)
    expect(limit.now()).toBeGreaterThan(4)
  })

  it('does not grow while places are free', async () => {
    const { limit, call } = setup()
    for (let times = 0; times < 50; times++) await call(10, 'answered', 2)
    expect(limit.now()).toBe(8)
  })

  it.each([
    ['overload', 5],
    ['timeout', 4],
  ] as const)('is cut by %s, once for all calls that were in flight', async (how, left) => {
    const { clock, limit } = setup()
    const begun = { atMs: clock.now(), tokens: 16, inFlight: 8 }
    await clock.advance(10)
    for (let times = 0; times < 8; times++) limit.ended(begun, how)
    expect(limit.now()).toBe(left)
  })

  it('is cut when answers take twice as long as they must, not by a single slow one', async () => {
    const { limit, call } = setup()
    for (let times = 0; times < 10; times++) await call(10, 'answered', 1)
    await call(40, 'answered', 1)
    expect(limit.now()).toBe(8)
    for (let times = 0; times < 10; times++) await call(40, 'answered', 1)
    expect(limit.now()).toBeLessThan(8)
  })

  it('does not take large batches for slow ones', async () => {
    const { limit, call } = setup()
    for (let times = 0; times < 20; times++) {
      await call(10, 'answered', 1, 16)
      await call(500, 'answered', 1, 4_096)
    }
    expect(limit.now()).toBe(8)
  })

  it('learns nothing from neutral ends', async () => {
    const { limit, call } = setup()
    for (let times = 0; times < 50; times++) await call(5_000, 'neutral')
    expect(limit.now()).toBe(8)
  })

  it('measures the shortest times anew every minute, by one round of a quarter of the calls', async () => {
    const { clock, limit, call } = setup(20)
    for (let times = 0; times < 50; times++) await call(10)
    await clock.advance(60_000)
    await call(10)
    expect(limit.now()).toBe(5)
    for (let times = 0; times < 6; times++) await call(10)
    expect(limit.now()).toBe(20)
  })

  it('is never below one nor above the ceiling', async () => {
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom<Ending>('answered', 'overload', 'timeout', 'neutral'),
        fc.integer({ min: 0, max: 2_000 }),
      ),
      { maxLength: 100 },
    )
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 30 }), async (ends, ceiling) => {
        const { limit, call } = setup(ceiling)
        for (const [how, ms] of ends) {
          await call(ms, how)
          expect(limit.now()).toBeGreaterThanOrEqual(1)
          expect(limit.now()).toBeLessThanOrEqual(ceiling)
        }
      }),
      { numRuns: 40 },
    )
  })
})
