import { freshSeed, generateLoad } from '../load/generate.ts'
import { processUse } from '../measure/process-cpu.ts'
import { slope, summarize } from '../measure/statistics.ts'
import { digits, goal, spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway, type GatewayServer } from '../servers/gateway.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { settle } from './throughput.ts'

/** Full after some 6 500 texts. */
const cacheBytes = 16 * 2 ** 20
/** Largest difference between two samples of the judged part that counts as flat. */
const flatMebibytes = 5
/** Of the flat-memory goal of G9. */
const perSecond = 100
const sampleEveryMs = 5_000
/** The first third is for the allocators; the rest is judged. */
const judgedShare = 2 / 3
/**
 * Before the clock starts, as many texts as can be computed in this time: a full cache several times over, and the collector has
 * found the size of its heap. At the judged rate that would take five minutes, with steps of 30 MiB.
 */
const fillMs = 90_000
const mebibyte = 2 ** 20

interface Sample {
  readonly atMs: number
  /** The gateway first, then its workers. */
  readonly rssBytes: readonly number[]
}

/** G9, flat memory: a full cache of 16 MiB and 100 requests a second of new texts, for a quarter of an hour. */
export const memoryBenchmark: Benchmark = {
  id: 'memory',
  short: false,
  run: (settings) => withServers([() => startGateway({ cacheBytes })], (gateway) => watchMemory(settings, gateway)),
}

const watchMemory = async (settings: Settings, gateway: GatewayServer) => {
  const { minutes } = settings
  await settle({ ...settings, settleMs: fillMs }, [gateway])
  const samples: Sample[] = []
  const startMs = performance.now()
  const sample = (): void => {
    const { rssBytes } = processUse(gateway.pids[0] ?? 0)
    samples.push({ atMs: performance.now() - startMs, rssBytes })
    if (samples.length % 12 === 0)
      progress(`${Math.round((performance.now() - startMs) / 1000)} s: ${rssBytes.map(inMebibytes).join(' ')} MiB`)
  }
  const timer = setInterval(sample, sampleEveryMs)
  const report = await generateLoad({
    target: gateway.target,
    workload: 'W1',
    seed: freshSeed(),
    arrivals: { kind: 'open', perSecond, poisson: true },
    warmUpMs: 0,
    durationMs: minutes * 60_000,
  }).finally(() => clearInterval(timer))
  const judged = samples.filter(({ atMs }) => atMs >= minutes * 60_000 * (1 - judgedShare))
  const hours = judged.map(({ atMs }) => atMs / 3_600_000)
  const processes =
    judged[0]?.rssBytes.map((_, index) => judged.map(({ rssBytes }) => (rssBytes[index] ?? 0) / mebibyte)) ?? []
  const total = judged.map(({ rssBytes }) => rssBytes.reduce((sum, bytes) => sum + bytes, 0) / mebibyte)
  const change = Math.max(...total) - Math.min(...total)
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    spread(summarize(values)),
    digits(slope(hours, values)),
  ]
  return {
    id: 'memory',
    title: `Resident memory over the last ${digits(minutes * judgedShare)} of ${minutes} minutes, MiB`,
    head: ['process', 'median (range)', 'MiB per hour', 'goal'],
    rows: [
      ...processes.map((values, index) => row(index === 0 ? 'gateway' : `worker ${index}`, values)),
      [...row('together', total), `range ${goal(change, { atMost: flatMebibytes })}`],
    ],
    notes: [
      `Cache bounded to ${cacheBytes / mebibyte} MiB and full before the first minute; ${perSecond} requests/s of new 16-token texts, Poisson; ` +
        `${report.requests} answered, p99 ${digits(report.latencyMs.p99)} ms, errors ${JSON.stringify(report.errors)}.`,
      'A restarted worker would be a jump here: its samples belong to its place, not to its process.',
    ],
    figures: { samples, report },
  }
}

const inMebibytes = (bytes: number): string => (bytes / mebibyte).toFixed(0)
