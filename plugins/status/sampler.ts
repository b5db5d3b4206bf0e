import type { Clock } from '../../gateway/core/clock.ts'
import type { Reading } from '../metrics/prom-meter.ts'
import { series, type Series } from './series.ts'
import type { Traffic } from './traffic.ts'

/** Between two samples. */
export const sampleEveryMs = 5_000
/** 15 minutes. */
export const samplesKept = 180
/** Windows of traffic that are closed and make the last minute with the one that runs. */
export const windowsKept = 60_000 / sampleEveryMs - 1

const columns = ['requestsPerSecond', 'errorsPerSecond', 'p50Ms', 'p95Ms', 'p99Ms', 'hitRatio', 'memoryBytes'] as const

/** What the charts show. */
export type SampledColumn = (typeof columns)[number]

/** Where samples are taken from. */
export interface SamplerOptions {
  readonly clock: Pick<Clock, 'wallNow'>
  readonly traffic: Pick<Traffic, 'closeWindow'>
  /** The counter `cache_requests_total`. */
  readonly cacheRequests: () => readonly Reading[]
  readonly memoryBytes: () => number
}

/** Takes a sample; to be called every `sampleEveryMs`. */
export interface Sampler {
  sample(): void
  readonly series: Pick<Series<SampledColumn>, 'columns'>
}

/** No samples yet. */
export const sampler = ({ clock, traffic, cacheRequests, memoryBytes }: SamplerOptions): Sampler => {
  const samples = series(columns, samplesKept)
  let lastLookUps = lookUps(cacheRequests())
  return {
    series: samples,
    sample: () => {
      const { requests, serverErrors, latency, durationMs } = traffic.closeWindow()
      const seconds = Math.max(1, durationMs) / 1_000
      const now = lookUps(cacheRequests())
      const texts = now.all - lastLookUps.all
      const hits = now.hits - lastLookUps.hits
      lastLookUps = now
      samples.push(clock.wallNow(), {
        requestsPerSecond: rounded(requests / seconds),
        errorsPerSecond: rounded(serverErrors / seconds),
        p50Ms: latency?.p50Ms,
        p95Ms: latency?.p95Ms,
        p99Ms: latency?.p99Ms,
        hitRatio: texts > 0 ? rounded(hits / texts) : undefined,
        memoryBytes: memoryBytes(),
      })
    },
  }
}

const lookUps = (readings: readonly Reading[]): { readonly all: number; readonly hits: number } => {
  let all = 0
  let hits = 0
  for (const { labels, value } of readings) {
    if (labels['result'] === 'error') continue
    all += value
    if (labels['result'] === 'hit') hits += value
  }
  return { all, hits }
}

const rounded = (value: number): number => Math.round(value * 1_000) / 1_000
