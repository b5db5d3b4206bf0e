import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { sampleEveryMs, sampler, samplesKept } from '../../../../plugins/status/sampler.ts'
import { traffic } from '../../../../plugins/status/traffic.ts'

const made = () => {
  const clock = fakeClock(0)
  const requests = traffic(clock, 11)
  const looked = { hit: 0, miss: 0, stale: 0, error: 0 }
  const samples = sampler({
    clock,
    traffic: requests,
    cacheRequests: () =>
      Object.entries(looked).map(([result, value]) => ({ labels: { tier: 'memory', result }, value })),
    memoryBytes: () => 1_000,
  })
  return { clock, requests, looked, samples }
}

describe('samples', () => {
  it('hold rates by the time that has really passed, not by the one that was meant', async () => {
    const { clock, requests, samples } = made()
    for (let index = 0; index < 40; index++) requests.ended(index < 10 ? 503 : 200, 8)
    await clock.advance(2 * sampleEveryMs)
    samples.sample()
    expect(samples.series.columns()).toMatchObject({
      timesMs: [10_000],
      requestsPerSecond: [4],
      errorsPerSecond: [1],
      memoryBytes: [1_000],
    })
  })

  it('hold the hit ratio of what was looked up since the last sample; errors are no look-ups', async () => {
    const { looked, samples } = made()
    samples.sample()
    Object.assign(looked, { hit: 3, miss: 1, error: 7 })
    samples.sample()
    Object.assign(looked, { hit: 3, miss: 2, stale: 1 })
    samples.sample()
    expect(samples.series.columns().hitRatio).toEqual([null, 0.75, 0])
  })

  it('reach 15 minutes back and no further', () => {
    const { samples } = made()
    for (let index = 0; index < 3 * samplesKept; index++) samples.sample()
    expect(samples.series.columns().timesMs).toHaveLength((15 * 60_000) / sampleEveryMs)
  })
})
