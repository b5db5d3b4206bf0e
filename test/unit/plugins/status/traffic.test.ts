import { describe, expect, it } from 'vitest'
import { traffic } from '../../../../plugins/status/traffic.ts'

describe('traffic', () => {
  it('tells faults of the gateway from those of callers, and times good answers only', () => {
    const requests = traffic(2)
    requests.ended(200, 10)
    requests.ended(404, 1)
    requests.ended(499, 9_000)
    requests.ended(503, 9_000)
    const { latency, ...counts } = requests.closeWindow()
    expect(counts).toEqual({ requests: 4, callerErrors: 2, serverErrors: 1 })
    expect(latency?.p99Ms).toBeCloseTo(10, 0)
  })

  it('begins each window empty', () => {
    const requests = traffic(2)
    requests.ended(200, 10)
    requests.closeWindow()
    expect(requests.closeWindow()).toEqual({ requests: 0, callerErrors: 0, serverErrors: 0, latency: undefined })
  })

  it('counts as recent the windows that it keeps and the one that runs', () => {
    const requests = traffic(2)
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
  })
})
