import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { traffic } from '../../../../plugins/status/traffic.ts'

describe('traffic', () => {
  it('tells faults of the gateway from those of callers, and times good answers only', () => {
    const requests = traffic(fakeClock(), 2)
    requests.ended(200, 10)
    requests.ended(404, 1)
    requests.ended(499, 9_000)
    requests.ended(503, 9_000)
    const { latency, ...counts } = requests.closeWindow()
    expect(counts).toEqual({ requests: 4, callerErrors: 2, serverErrors: 1, durationMs: 0 })
    expect(latency?.p99Ms).toBeCloseTo(10, 0)
  })

  it('begins each window empty', () => {
    const requests = traffic(fakeClock(), 2)
    requests.ended(200, 10)
    requests.closeWindow()
    expect(requests.closeWindow()).toMatchObject({ requests: 0, callerErrors: 0, serverErrors: 0, latency: undefined })
  })

  it('counts as recent the windows that it keeps and the one that runs', () => {
    const requests = traffic(fakeClock(), 2)
    const inEach = (count: number): void => {
      for (let index = 0; index < count; index++) requests.ended(200, 1)
    }
    inEach(1_000)
    requests.closeWindow()
    inEach(100)
    requests.closeWindow()
    inEach(10)
    requests.closeWindow()
    inEach(1)
    expect(requests.recent().requests).toBe(111)
    expect([requests.recent(1).requests, requests.recent(2).requests]).toEqual([1, 11])
  })

  it('says how long the windows really took, those that have not begun left out', async () => {
    const clock = fakeClock()
    const requests = traffic(clock, 2)
    await clock.advance(3_000)
    expect(requests.recent().durationMs).toBe(3_000)
    const closed: number[] = []
    for (const windowMs of [2_000, 7_000, 5_000]) {
      await clock.advance(windowMs)
      closed.push(requests.closeWindow().durationMs)
    }
    expect(closed).toEqual([5_000, 7_000, 5_000])
    await clock.advance(1_000)
    expect(requests.recent().durationMs).toBe(13_000)
  })
})
