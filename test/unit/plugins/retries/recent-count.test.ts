import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { bucketMs, recentCount } from '../../../../plugins/retries/recent-count.ts'

/** A clock that is moved without timers. */
const hands = () => {
  let nowMs = 0
  return { now: () => nowMs, move: (ms: number) => void (nowMs += ms) }
}

describe('recent count', () => {
  it('counts until what happened is older than its buckets', async () => {
    const clock = fakeClock()
    const count = recentCount(clock, 3)
    count.add()
    await clock.advance(2 * bucketMs)
    count.add()
    expect(count.total()).toBe(2)
    await clock.advance(bucketMs)
    expect(count.total()).toBe(1)
    await clock.advance(2 * bucketMs)
    expect(count.total()).toBe(0)
  })

  it('agrees with a list of all that happened, over any history', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.array(fc.integer({ min: -1, max: 2_000 })), (buckets, history) => {
        const clock = hands()
        const count = recentCount(clock, buckets)
        const happened: number[] = []
        for (const step of history) {
          if (step < 0) {
            count.add()
            happened.push(Math.floor(clock.now() / bucketMs))
          } else clock.move(step)
          const oldest = Math.floor(clock.now() / bucketMs) - buckets + 1
          expect(count.total()).toBe(happened.filter((bucket) => bucket >= oldest).length)
        }
      }),
    )
  })
})
