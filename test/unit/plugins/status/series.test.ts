import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { series } from '../../../../plugins/status/series.ts'

describe('a series', () => {
  it('keeps the newest samples, oldest first, however many there were', () => {
    fc.assert(
      fc.property(fc.nat(50), fc.integer({ min: 1, max: 20 }), (pushes, length) => {
        const kept = series(['value'], length)
        for (let time = 0; time < pushes; time++) kept.push(time, { value: time * 2 })
        const times = Array.from({ length: Math.min(pushes, length) }, (_, at) => Math.max(0, pushes - length) + at)
        expect(kept.columns()).toEqual({ timesMs: times, value: times.map((time) => time * 2) })
      }),
    )
  })

  it('says null where there was nothing to measure', () => {
    const kept = series(['a', 'b'], 4)
    kept.push(1, { a: undefined, b: 0 })
    expect(kept.columns()).toEqual({ timesMs: [1], a: [null], b: [0] })
  })
})
