import { freshSeed, generateLoad } from '../load/generate.ts'
import { interleave } from '../measure/pair.ts'
import { processUse } from '../measure/process-cpu.ts'
import { summarize, type Summary } from '../measure/statistics.ts'
import { digits, goal, spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { instantModel, realModel, startObserved, type ObservedServer } from '../servers/observed.ts'
import { startProgram } from '../servers/program.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { patienceMs } from './throughput.ts'

/** Each has what the one before it has, and more. */
const compositions = [
  { name: 'all off', without: ['metrics', 'logs'] },
  { name: '+ metrics', without: ['logs'], atMostShare: 0.05 },
  { name: '+ logs', without: [] },
  { name: '+ tracing, 0 %', without: [], sampled: 0, atMostUs: 20 },
  { name: '+ tracing, 10 %', without: [], sampled: 0.1 },
  { name: '+ tracing, 100 %', without: [], sampled: 1, atMostUs: 45 },
] as const satisfies readonly {
  readonly name: string
  readonly without: readonly ('metrics' | 'logs')[]
  readonly sampled?: number
  /** What all observability together may take. */
  readonly atMostUs?: number
  /** What this step alone may take of a computed request. */
  readonly atMostShare?: number
}[]

/** The step before tracing, which the share of tracing is over. */
const untraced = 2
const tracingAtMostShare = 0.02

/**
 * What is asked: an answer from the cache; one of an engine that costs nothing; one of the embedded model, whose whole cost the
 * others are compared with.
 */
const kinds = ['cached', 'computed', 'real'] as const
type Kind = (typeof kinds)[number]

/** Differences of a few us want many short turns. */
const turnsPerRound = 4
const turn = { warmUpMs: 300, durationMs: 1_000 } as const

/** Different requests of a cached run. */
const distinctRequests = 64
const clients = 8

/** Processor time of a request, us: of the gateway alone, and with its workers. */
interface Cost {
  readonly own: number
  readonly all: number
}

/** G7: what metrics, logs and traces cost a request. */
export const observabilityBenchmark: Benchmark = {
  id: 'G7',
  short: true,
  run: async (settings) => {
    const sink = await startProgram('bench/gateways/otlp-sink.js')
    try {
      const starts = compositions.map((each) => () => startObserved({ ...each, collector: sink.url, patienceMs }))
      return await withServers(starts, (...servers) => measureAll(settings, servers))
    } finally {
      await sink.stop()
    }
  },
}

const measureAll = async (settings: Settings, servers: readonly ObservedServer[]) => {
  for (const kind of ['cached', 'computed'] as const) {
    for (const server of servers) await cost({ ...settings, durationMs: settings.settleMs }, server, kind)
  }
  const cached = await measure(settings, servers, 'cached')
  const computed = await measure(settings, servers, 'computed')
  const real: number[] = []
  for (let round = 0; round < settings.rounds; round++) {
    for (const server of servers.slice(untraced, untraced + 1)) real.push((await cost(settings, server, 'real')).all)
  }
  const whole = summarize(real)
  const share = (us: number): number => us / whole.median
  return {
    id: 'G7',
    title: 'CPU of metrics, logs and traces, us a request of one text of 16 tokens over HTTP',
    head: [
      'composition',
      'cached',
      'more than all off',
      'by lowest turns',
      'goal',
      'computed',
      'more',
      'of a real request',
    ],
    rows: compositions.map((each, index) => {
      if (index === 0) return [each.name, spreadOf(cached.own[0]), '', '', '', spreadOf(computed.own[0]), '', '']
      const more = cached.more(index, 0).median
      // Tracing is judged by what it adds to the rest.
      const own = share(computed.more(index, 'sampled' in each ? untraced : index - 1).median)
      const atMost = 'sampled' in each ? tracingAtMostShare : 'atMostShare' in each ? each.atMostShare : undefined
      return [
        each.name,
        spreadOf(cached.own[index]),
        digits(more),
        digits((cached.own[index]?.min ?? Number.NaN) - (cached.own[0]?.min ?? Number.NaN)),
        'atMostUs' in each ? goal(more, { atMost: each.atMostUs }) : '',
        spreadOf(computed.own[index]),
        digits(computed.more(index, 0).median),
        `${digits(own * 100)} %${atMost === undefined ? '' : `, ${goal(own, { atMost })}`}`,
      ]
    }),
    notes: [
      'Processor time of each gateway from /proc, over requests; medians, and medians of differences within a round; beside them, for busy machines, the difference of the lowest turns. All run side by side, and are loaded in turns.',
      `Computed: by an engine that costs nothing. A real request takes ${spread(whole)} us of gateway and worker; the last column is what a step adds to the one before it, of tracing what it adds to no tracing.`,
      `Closed loop, ${clients} clients on keep-alive connections. Spans go to a collector on the same machine by OTLP over HTTP (protobuf), logs to a file.`,
    ],
    figures: { cached: cached.own, computed: computed.own, real: whole },
  }
}

const spreadOf = (summary: Summary | undefined): string => (summary ? spread(summary) : '')

interface Measured {
  readonly own: readonly Summary[]
  /** What the gateway takes more in one composition than in another, round by round. */
  more(index: number, base: number): Summary
}

const measure = async (settings: Settings, servers: readonly ObservedServer[], kind: Kind): Promise<Measured> => {
  const costs = await interleave(
    settings.rounds * turnsPerRound,
    servers.map((server) => async () => (await cost({ ...settings, ...turn }, server, kind)).own),
  )
  return {
    own: costs.map((values) => summarize(values)),
    more: (index, base) =>
      summarize((costs[index] ?? []).map((own, round) => own - (costs[base]?.[round] ?? Number.NaN))),
  }
}

const cost = async (
  { warmUpMs, durationMs }: Settings,
  { url, pids, name }: ObservedServer,
  kind: Kind,
): Promise<Cost> => {
  const use = () => processUse(pids[0] ?? 0)
  let start = use()
  let end = start
  const report = await generateLoad(
    {
      target: { kind: 'openai', urls: [url], encoding: 'base64', model: kind === 'real' ? realModel : instantModel },
      workload: 'W1',
      textsPerRequest: 1,
      seed: freshSeed(),
      arrivals: { kind: 'closed', clients },
      warmUpMs,
      durationMs,
      ...(kind === 'cached' && { distinctRequests }),
    },
    { onMeasuring: () => (start = use()), onMeasured: () => (end = use()) },
  )
  if (Object.keys(report.errors).length > 0) throw new Error(`the load met errors: ${JSON.stringify(report.errors)}`)
  const us = (ms: number): number => (ms * 1_000) / report.texts
  const found = { own: us(end.ownCpuMs - start.ownCpuMs), all: us(end.cpuMs - start.cpuMs) }
  progress(`${name}, ${kind}: ${digits(found.own)} us over ${report.requests} requests`)
  return found
}
