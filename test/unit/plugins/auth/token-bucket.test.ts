import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { tokenBucket } from '../../../../plugins/auth/token-bucket.ts'

describe('tokenBucket', () => {
  it('starts full and refills evenly', async () => {
    const clock = fakeClock()
    const bucket = tokenBucket(clock, 60)
    for (let taken = 0; taken < 60; taken++) expect(bucket.take(1)).toBe(0)
    expect(bucket.take(1)).toBe(1000)
    await clock.advance(999)
    expect(bucket.take(1)).toBe(1)
    await clock.advance(1)
    expect(bucket.take(1)).toBe(0)
  })

  it('never holds more than a minute of refill', async () => {
    const clock = fakeClock()
    const bucket = tokenBucket(clock, 60)
    await clock.advance(3_600_000)
    expect(bucket.remaining()).toBe(60)
    bucket.give(1000)
    expect(bucket.remaining()).toBe(60)
  })

  it('lets a cost above its capacity through when it is full, and waits off the debt', async () => {
    const clock = fakeClock()
    const bucket = tokenBucket(clock, 100)
    expect(bucket.take(250)).toBe(0)
    expect(bucket.remaining()).toBe(0)
    expect(bucket.take(1)).toBe(Math.ceil(151 * 600))
    expect(bucket.fullInMs()).toBe(250 * 600)
    await clock.advance(151 * 600)
    expect(bucket.take(1)).toBe(0)
  })

  it('takes nothing when it refuses', () => {
    const bucket = tokenBucket(fakeClock(), 100)
    bucket.take(60)
    expect(bucket.take(50)).toBeGreaterThan(0)
    expect(bucket.remaining()).toBe(40)
  })

  it('takes the rest of an estimate that was too low', () => {
    const bucket = tokenBucket(fakeClock(), 100)
    bucket.take(60)
    bucket.give(60 - 80)
    expect(bucket.remaining()).toBe(20)
  })

  it('admits exactly when it says it will, and never more than capacity plus refill', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 10_000 }),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 0, max: 5000 })), { maxLength: 30 }),
        async (perMinute, steps) => {
          const clock = fakeClock()
          const bucket = tokenBucket(clock, perMinute)
          let admitted = 0
          let largest = 0
          for (const [cost, pauseMs] of steps) {
            const waitMs = bucket.take(cost)
            if (waitMs > 0) {
              await clock.advance(waitMs)
              expect(bucket.take(cost)).toBe(0)
            }
            admitted += cost
            largest = Math.max(largest, cost)
            await clock.advance(pauseMs)
          }
          expect(admitted).toBeLessThanOrEqual(perMinute + largest + (clock.now() * perMinute) / 60_000 + 1e-3)
        },
      ),
      { numRuns: 50 },
    )
  })
})
