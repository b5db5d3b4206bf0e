import { freshSeed, generateLoad } from '../load/generate.ts'
import { interleave } from '../measure/pair.ts'
import { processUse } from '../measure/process-cpu.ts'
import { summarize } from '../measure/statistics.ts'
import { digits, goal, spread } from '../report/format.ts'
import { freePort } from '../servers/free-port.ts'
import { instantModel, startObserved, type ObservedServer } from '../servers/observed.ts'
import { startProgram } from '../servers/program.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { patienceMs } from './throughput.ts'

/** Every request is traced: some 700 spans a second, three times what the queue of 2 048 holds in each turn. */
const perSecond = 100
const turnsPerRound = 2
const turnMs = 8_000
/** Both are of the living collector; the rest is noise of the machine. */
const atMostTimes = 1.25
const mebibyte = 2 ** 20

/** What spans without a collector cost those who ask: of gateways that trace all, one whose collector takes them, and two whose does not. */
export const deadCollectorBenchmark: Benchmark = {
  id: 'dead-collector',
  short: false,
  run: async (settings) => {
    const [living, silent] = [
      await startProgram('bench/gateways/otlp-sink.js'),
      await startProgram('bench/gateways/silent-sink.js'),
    ]
    const collectors = { living: living.url, refusing: `http://127.0.0.1:${await freePort()}`, silent: silent.url }
    const starts = Object.entries(collectors).map(
      ([name, collector]) =>
        () =>
          startObserved({ name, without: [], sampled: 1, collector, patienceMs }),
    )
    try {
      return await withServers(starts, (...servers) => compare(settings, servers))
    } finally {
      await Promise.all([living.stop(), silent.stop()])
    }
  },
}

interface Turn {
  readonly p50: number
  readonly p99: number
  readonly rssMebibytes: number
}

const compare = async (settings: Settings, servers: readonly ObservedServer[]) => {
  for (const server of servers) await turnOf(server, settings.settleMs)
  const turns = await interleave(
    settings.rounds * turnsPerRound,
    servers.map((server) => () => turnOf(server, turnMs)),
  )
  const summaryOf = (index: number, key: keyof Turn) => summarize((turns[index] ?? []).map((turn) => turn[key]))
  const times = (index: number, key: keyof Turn): number => summaryOf(index, key).median / summaryOf(0, key).median
  return {
    id: 'dead-collector',
    title: 'Every request traced, by what becomes of its spans',
    head: ['collector', 'ms p50', 'ms p99', 'times living', 'goal', 'memory, MiB', 'times living', 'goal'],
    rows: servers.map(({ name }, index) => [
      name,
      spread(summaryOf(index, 'p50')),
      spread(summaryOf(index, 'p99')),
      ...(index === 0 ? ['', ''] : [digits(times(index, 'p99')), goal(times(index, 'p99'), { atMost: atMostTimes })]),
      spread(summaryOf(index, 'rssMebibytes')),
      ...(index === 0
        ? ['', '']
        : [digits(times(index, 'rssMebibytes')), goal(times(index, 'rssMebibytes'), { atMost: atMostTimes })]),
    ]),
    notes: [
      `${perSecond} requests/s of one new text each, Poisson, by an engine that costs nothing; turns of ${turnMs / 1_000} s, side by side, after ${settings.settleMs / 1_000} s of the same.`,
      'Refusing: nobody listens there. Silent: connections are taken and nothing is answered. Memory: of the gateway alone, at the end of each turn.',
    ],
    figures: { turns },
  }
}

const turnOf = async ({ url, pids }: ObservedServer, durationMs: number): Promise<Turn> => {
  const report = await generateLoad({
    target: { kind: 'openai', urls: [url], encoding: 'base64', model: instantModel },
    workload: 'W1',
    textsPerRequest: 1,
    seed: freshSeed(),
    arrivals: { kind: 'open', perSecond, poisson: true },
    warmUpMs: 500,
    durationMs,
  })
  if (Object.keys(report.errors).length > 0) throw new Error(`the load met errors: ${JSON.stringify(report.errors)}`)
  const [rssBytes = Number.NaN] = processUse(pids[0] ?? 0).rssBytes
  return { p50: report.latencyMs.p50, p99: report.latencyMs.p99, rssMebibytes: rssBytes / mebibyte }
}
