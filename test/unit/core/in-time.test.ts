import { describe, expect, it } from 'vitest'
import { inTime, late } from '../../../gateway/core/in-time.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../gateway/testing/index.ts'

describe('work in time', () => {
  it('comes to what it comes to, and leaves no timer', async () => {
    const clock = fakeClock()
    expect(await inTime(clock, 10, Promise.resolve(1))).toBe(1)
    await expect(inTime(clock, 10, Promise.reject(new Error('no')))).rejects.toThrow('no')
    expect(clock.pending).toBe(0)
  })

  it('is late after its limit, and may fail afterwards with no harm', async () => {
    const clock = fakeClock()
    const work = withResolvers<number>()
    const ended = inTime(clock, 10, work.promise)
    await clock.advance(10)
    expect(await ended).toBe(late)
    work.reject(new Error('nobody hears it'))
    await clock.advance(1)
  })
})
