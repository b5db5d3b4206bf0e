import type { Clock } from '../../../gateway/core/clock.ts'
import type { Meter } from '../../../gateway/core/meter.ts'
import type { ReadGpus } from './reading.ts'

/** Drivers are not asked more often, whoever scrapes. */
const intervalMs = 10_000

/**
 * Shows `gpu_utilization_percent` where a driver reports it. A scrape does not wait for a driver: it shows what was read after
 * the one before, and asks again. One question runs at a time, so a driver that hangs costs one process and no more; a device
 * that says nothing any more shows NaN.
 *
 * @returns stops a question that runs
 */
export const gpuUtilization = (meter: Meter, clock: Clock, readers: readonly ReadGpus[]): (() => void) => {
  const percentOf = meter.gauge(
    'gpu_utilization_percent',
    'How busy a graphics processor is, 0 to 100; no series where no driver reports it. As of the scrape before, at most every 10 s.',
    ['device'],
  )
  const closed = new AbortController()
  const shown = new Set<string>()
  let present = readers
  let askedAtMs = -Infinity
  let isAsking = false

  const ask = async (): Promise<void> => {
    const answers = await Promise.all(
      present.map(async (read) => ({ read, readings: await read(closed.signal).catch(() => []) })),
    )
    present = answers.filter(({ readings }) => readings !== undefined).map(({ read }) => read)
    const readings = new Map(
      answers.flatMap((answer) => answer.readings ?? []).map(({ device, percent }) => [device, percent]),
    )
    for (const device of readings.keys()) shown.add(device)
    for (const device of shown) percentOf({ device })(readings.get(device) ?? Number.NaN)
  }
  meter.onScrape(() => {
    if (isAsking || present.length === 0 || clock.now() - askedAtMs < intervalMs || closed.signal.aborted) return
    isAsking = true
    askedAtMs = clock.now()
    void ask().finally(() => {
      isAsking = false
    })
  })
  return () => closed.abort()
}
