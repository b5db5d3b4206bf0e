import { describe, expect, it } from 'vitest'
import type { Health } from '../../../../gateway/core/backend.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { backendHealth } from '../../../../plugins/status/backend-health.ts'

const up = new Map<string, Health>([['cpu', { state: 'up', detail: '2 of 2 workers on cpu' }]])

describe('what backends last said of themselves', () => {
  it('is asked for only when somebody reads it, and at most every 5 s', async () => {
    const clock = fakeClock()
    let asked = 0
    const read = backendHealth(clock, async () => {
      asked++
      return up
    })
    await clock.advance(60_000)
    expect(asked).toBe(0)
    expect(read().size).toBe(0)
    await clock.advance(4_999)
    expect(read()).toBe(up)
    expect(asked).toBe(1)
    await clock.advance(1)
    read()
    expect(asked).toBe(2)
  })

  it('is the last answer while a question hangs, which is not asked twice and ends after a second', async () => {
    const clock = fakeClock()
    const signals: AbortSignal[] = []
    const read = backendHealth(clock, (signal) => {
      signals.push(signal)
      return signals.length === 1 ? Promise.resolve(up) : new Promise(() => {})
    })
    read()
    await clock.advance(5_000)
    read()
    await clock.advance(20_000)
    expect(read()).toBe(up)
    expect(signals).toHaveLength(2)
    expect(signals[1]?.aborted).toBe(true)
  })

  it('is the last answer after one that failed', async () => {
    const clock = fakeClock()
    let isBroken = false
    const read = backendHealth(clock, () => (isBroken ? Promise.reject(new Error('no')) : Promise.resolve(up)))
    read()
    isBroken = true
    await clock.advance(5_000)
    read()
    await clock.advance(1)
    expect(read()).toBe(up)
    expect(clock.pending).toBe(0)
  })
})
