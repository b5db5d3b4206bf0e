import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { slidingWindow } from '../../../../plugins/breakers/sliding-window.ts'

const minuteMs = 60_000

describe('slidingWindow', () => {
  it('counts calls and failures until they are as old as the window', () => {
    const window = slidingWindow(minuteMs)
    window.add(500, 1, 1)
    window.add(30_000, 1, 0)
    expect(window.countsAt(59_999)).toEqual({ calls: 2, failures: 1 })
    expect(window.countsAt(60_000)).toEqual({ calls: 1, failures: 0 })
    expect(window.countsAt(90_000)).toEqual({ calls: 0, failures: 0 })
  })

  it('is right at once after any time without calls', () => {
    const window = slidingWindow(minuteMs)
    window.add(0, 1, 1)
    expect(window.countsAt(1e12)).toEqual({ calls: 0, failures: 0 })
    window.add(1e12, 1, 1)
    expect(window.countsAt(1e12 + 1)).toEqual({ calls: 1, failures: 1 })
  })

  it('holds for any history what a list of all calls holds, by whole buckets', () => {
    const steps = fc.array(fc.tuple(fc.nat({ max: 90_000 }), fc.boolean()), { maxLength: 200 })
    fc.assert(
      fc.property(fc.constantFrom(10_000, minuteMs, 7), fc.nat(1e9), steps, (windowMs, startMs, history) => {
        const window = slidingWindow(windowMs)
        const bucketOf = (ms: number): number => Math.floor(ms / (windowMs / 60))
        const list: { readonly atMs: number; readonly failed: boolean }[] = []
        let nowMs = startMs
        for (const [waitMs, failed] of history) {
          nowMs += waitMs
          window.add(nowMs, 1, failed ? 1 : 0)
          list.push({ atMs: nowMs, failed })
          const held = list.filter(({ atMs }) => bucketOf(atMs) > bucketOf(nowMs) - 60)
          const failures = held.filter((call) => call.failed).length
          expect(window.countsAt(nowMs)).toEqual({ calls: held.length, failures })
          expect(window.resized(windowMs * 2, nowMs).countsAt(nowMs)).toEqual({ calls: held.length, failures })
        }
      }),
    )
  })

  it('keeps what a shorter or longer window still reaches when it is resized', () => {
    const window = slidingWindow(minuteMs)
    window.add(100_000, 3, 1)
    window.add(145_000, 2, 2)
    expect(window.resized(10_000, 150_000).countsAt(150_000)).toEqual({ calls: 2, failures: 2 })
    expect(window.resized(600_000, 159_999).countsAt(159_999)).toEqual({ calls: 5, failures: 3 })
    const longer = window.resized(600_000, 150_000)
    expect(longer.countsAt(150_000)).toEqual({ calls: 5, failures: 3 })
    expect(longer.countsAt(690_000)).toEqual({ calls: 5, failures: 3 })
    expect(longer.countsAt(720_000)).toEqual({ calls: 2, failures: 2 })
  })
})
