import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { standingQueue } from '../../../../../plugins/limits/admission/standing-queue.ts'

const setup = () => {
  const clock = fakeClock()
  const queue = standingQueue(clock, { targetMs: 50, requests: 32, patienceMs: 2_000 })
  /** For `ms`, so many requests wait `waitMs`. */
  const stay = async (ms: number, waitMs: number, requests = 100): Promise<void> => {
    queue.note(waitMs, requests)
    await clock.advance(ms)
    queue.note(waitMs, requests)
  }
  return { queue, stay }
}

describe('a standing queue', () => {
  it('admits a burst that takes longer to drain than the patience lasts, while it comes', async () => {
    const { queue, stay } = setup()
    await stay(100, 4_000, 1_000)
    expect(queue.admits()).toBe(true)
  })

  it('admits only up to the target once it has been above it for the patience', async () => {
    const { queue, stay } = setup()
    await stay(1_990, 400)
    expect(queue.admits()).toBe(true)
    await stay(10, 400)
    expect(queue.admits()).toBe(false)
    queue.note(50, 100)
    expect(queue.admits()).toBe(true)
    queue.note(51, 100)
    expect(queue.admits()).toBe(false)
  })

  it('never refuses a few dozen callers who wait for their answers, however long these take', async () => {
    const { queue, stay } = setup()
    await stay(60_000, 900, 32)
    queue.note(900, 31)
    expect(queue.admits()).toBe(true)
    await stay(60_000, 900, 33)
    queue.note(900, 31)
    expect(queue.admits()).toBe(true)
    queue.note(900, 32)
    expect(queue.admits()).toBe(false)
  })

  it('is forgotten when nothing is left of it', async () => {
    const { queue, stay } = setup()
    await stay(5_000, 400)
    queue.note(0, 0)
    queue.note(4_000, 1_000)
    expect(queue.admits()).toBe(true)
  })

  it('gives patience back for the time in which the queue was short, and no more', async () => {
    const { queue, stay } = setup()
    await stay(5_000, 400)
    await stay(100, 10)
    await stay(99, 400)
    expect(queue.admits()).toBe(true)
    await stay(1, 400)
    expect(queue.admits()).toBe(false)
  })

  it('gives nothing back while the queue is kept filled to the target', async () => {
    const { queue, stay } = setup()
    await stay(5_000, 400)
    await stay(60_000, 45)
    queue.note(60, 100)
    expect(queue.admits()).toBe(false)
  })
})
