import { describe, expect, it } from 'vitest'
import { createStats, keptBatches } from '../../../../../backends/onnx/worker/stats.ts'

const batch = (rows = 1, paddedTokens = 100, inferenceMs = 50) => ({
  rows,
  tokens: paddedTokens,
  paddedTokens,
  waitMs: Array.from({ length: rows }, () => 0),
  inferenceMs,
})

const numbers = (stats: ReturnType<typeof createStats>, since: number) => stats.after(since).map(({ number }) => number)

describe('the statistics of a worker', () => {
  it('number batches from 1 and give those after a number', () => {
    const stats = createStats(1)
    for (let each = 0; each < 4; each++) stats.add(batch())
    expect(numbers(stats, 0)).toEqual([1, 2, 3, 4])
    expect(numbers(stats, 2)).toEqual([3, 4])
    expect(numbers(stats, 4)).toEqual([])
    expect(numbers(stats, 99)).toEqual([])
  })

  it('forget the oldest batches', () => {
    const stats = createStats(1)
    for (let each = 0; each < keptBatches + 10; each++) stats.add(batch())
    expect(numbers(stats, 0)).toHaveLength(keptBatches)
    expect(numbers(stats, 0)[0]).toBe(11)
    expect(numbers(stats, keptBatches + 8)).toEqual([keptBatches + 9, keptBatches + 10])
  })

  it('forget more of them when batches are large', () => {
    const stats = createStats(1)
    for (let each = 0; each < 20; each++) stats.add(batch(10_000))
    expect(numbers(stats, 0)).toEqual([15, 16, 17, 18, 19, 20])
    stats.add(batch(100_000))
    expect(numbers(stats, 0)).toEqual([21])
  })

  it('learn the time of a token, mostly from large batches', () => {
    const stats = createStats(3)
    expect(stats.msPerToken()).toBe(3)
    for (let each = 0; each < 200; each++) {
      stats.add(batch(1, 250, 50))
      stats.add(batch(1, 5, 10))
    }
    expect(stats.msPerToken()).toBeCloseTo(60 / 255, 2)
  })
})
