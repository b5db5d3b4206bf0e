import { Registry } from 'prom-client'
import { describe, expect, it } from 'vitest'
import { withResolvers } from '../../../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../../../gateway/testing/fake-clock.ts'
import { gpuUtilization } from '../../../../../plugins/metrics/gpu/gpu-utilization.ts'
import type { GpuReading, ReadGpus } from '../../../../../plugins/metrics/gpu/reading.ts'
import { promMeter } from '../../../../../plugins/metrics/prom-meter.ts'

const setUp = (...answers: (readonly GpuReading[] | undefined | Error)[]) => {
  const clock = fakeClock()
  const faults: unknown[] = []
  const meter = promMeter(new Registry(), (error) => faults.push(error))
  const signals: AbortSignal[] = []
  const read: ReadGpus = async (signal) => {
    const answer = answers[Math.min(signals.length, answers.length - 1)]
    signals.push(signal)
    if (answer instanceof Error) throw answer
    return answer
  }
  const series = async (): Promise<string[]> => {
    const text = await meter.scrape()
    await new Promise(setImmediate)
    return text.match(/^embedgate_gpu_utilization_percent\{.*$/gm) ?? []
  }
  return { clock, meter, faults, read, signals, series, stop: gpuUtilization(meter, clock, [read]) }
}

describe('gpuUtilization', () => {
  it('shows at a scrape what was read after the one before', async () => {
    const { series } = setUp([{ device: 'nvidia0', percent: 37 }])
    expect(await series()).toEqual([])
    expect(await series()).toEqual(['embedgate_gpu_utilization_percent{device="nvidia0"} 37'])
  })

  it('asks at most every 10 s, however often it is scraped', async () => {
    const { series, signals, clock } = setUp([{ device: 'nvidia0', percent: 1 }])
    for (let scrape = 0; scrape < 5; scrape++) await series()
    expect(signals).toHaveLength(1)
    await clock.advance(10_000)
    await series()
    expect(signals).toHaveLength(2)
  })

  it('asks a machine without the driver once, and shows no series', async () => {
    const { series, signals, clock } = setUp(undefined)
    for (let scrape = 0; scrape < 3; scrape++) {
      expect(await series()).toEqual([])
      await clock.advance(10_000)
    }
    expect(signals).toHaveLength(1)
  })

  it.each([
    ['that says nothing any more', []],
    ['that fails', new Error('broken')],
  ])('shows no number of a device %s', async (_what, second) => {
    const { series, clock, faults } = setUp([{ device: 'nvidia0', percent: 80 }], second)
    await series()
    await clock.advance(10_000)
    await series()
    expect(await series()).toEqual(['embedgate_gpu_utilization_percent{device="nvidia0"} Nan'])
    expect(faults).toEqual([])
  })

  it('never waits for a driver that hangs, and asks it no second time meanwhile', async () => {
    const clock = fakeClock()
    const meter = promMeter(new Registry(), () => {})
    let asked = 0
    const stop = gpuUtilization(meter, clock, [
      () => {
        asked++
        return withResolvers<undefined>().promise
      },
    ])
    for (let scrape = 0; scrape < 3; scrape++) {
      expect(await meter.scrape()).not.toMatch(/^embedgate_gpu_utilization_percent\{/m)
      await clock.advance(60_000)
    }
    expect(asked).toBe(1)
    stop()
  })

  it('stops the question that runs when it is told to, and asks no more', async () => {
    const { series, signals, stop, clock } = setUp([])
    await series()
    stop()
    expect(signals[0]?.aborted).toBe(true)
    await clock.advance(10_000)
    await series()
    expect(signals).toHaveLength(1)
  })
})
