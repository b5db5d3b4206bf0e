import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { speedWatch } from '../../../../../backends/onnx/worker/speed-watch.ts'

/** A core takes 1 ms a token; all four take large batches. */
const rivals = [
  { tokens: 16, msPerToken: 1 },
  { tokens: 4_096, msPerToken: 0.25 },
]

/** A watch and a clock of its own. `run` gives it batches, one after the other, and returns what it said last. */
const watched = () => {
  let nowMs = 0
  const note = speedWatch(rivals, { now: () => nowMs })
  const run = (
    count: number,
    { tokens = 100, ratio, pauseMs = 0 }: { tokens?: number; ratio: number; pauseMs?: number },
  ): string | undefined => {
    let said: string | undefined
    for (let batch = 0; batch < count && said === undefined; batch++) {
      const inferenceMs = ratio * (tokens >= 4_096 ? 0.25 : 1) * Math.max(16, tokens)
      nowMs += inferenceMs + pauseMs
      said = note({ paddedTokens: tokens, inferenceMs })
    }
    return said
  }
  return { run, nowMs: () => nowMs }
}

describe('speedWatch', () => {
  it('says that a device is too slow, and by how much, once it has been for a while', () => {
    const { run, nowMs } = watched()
    expect(run(1_000, { ratio: 0.2 })).toBeUndefined()
    const sinceMs = nowMs()
    expect(run(1_000, { ratio: 3 })).toBe(
      'too slow: 3.00 ms per token over the last 20 batches, the processor needs 1.00',
    )
    expect(nowMs() - sinceMs).toBeGreaterThan(10_000)
    expect(nowMs() - sinceMs).toBeLessThan(15_000)
  })

  it('judges at least 30 batches, however long they take', () => {
    const { run } = watched()
    expect(run(30, { ratio: 1_000 })).toBeUndefined()
    expect(run(20, { ratio: 1_000 })).toContain('too slow')
  })

  it('judges at least 10 s, however many batches there are', () => {
    const { run, nowMs } = watched()
    expect(run(1_000_000, { tokens: 16, ratio: 3 })).toContain('too slow')
    expect(nowMs()).toBeGreaterThan(10_000)
  })

  it('does not mind a hiccup of any length', () => {
    const { run } = watched()
    for (let time = 0; time < 20; time++) {
      expect(run(100, { ratio: 0.2 })).toBeUndefined()
      expect(run(9, { tokens: 8_192, ratio: 10_000 })).toBeUndefined()
    }
  })

  it('does not mind being as slow as the processor among other work', () => {
    expect(watched().run(100_000, { ratio: 1.9 })).toBeUndefined()
  })

  it('forgets that a device was slow as soon as it no longer is', () => {
    const { run } = watched()
    run(31, { ratio: 3 })
    expect(run(100_000, { ratio: 1.02 })).toBeUndefined()
    expect(run(31, { ratio: 3 })).toBeUndefined()
  })

  it('takes no long pause for slowness', () => {
    const { run } = watched()
    run(31, { ratio: 3 })
    expect(run(1, { ratio: 0.1, pauseMs: 3_600_000 })).toBeUndefined()
    expect(run(1_000, { ratio: 0.1 })).toBeUndefined()
  })

  it('compares batches with what the processor takes for their size', () => {
    // Slower than one core for each token, but the tiny batch is timed like the smallest of the race.
    expect(watched().run(10_000, { tokens: 2, ratio: 1.5 })).toBeUndefined()
    // Faster than one core, slower than all of them.
    expect(watched().run(10_000, { tokens: 4_096, ratio: 3 })).toContain('the processor needs 0.250')
  })

  it('never gives up a device that is faster than the processor', () => {
    const batch = fc.record({ tokens: fc.integer({ min: 1, max: 20_000 }), ratio: fc.double({ min: 0.01, max: 0.99 }) })
    fc.assert(
      fc.property(fc.array(batch, { minLength: 60, maxLength: 300 }), (batches) => {
        const { run } = watched()
        for (const each of batches) expect(run(1, { ...each, pauseMs: 1_000 })).toBeUndefined()
      }),
    )
  })
})
