import { freshSeed, generateLoad } from '../load/generate.ts'
import type { Arrivals, LoadReport, Target } from '../load/plan.ts'
import { interleave } from '../measure/pair.ts'
import { processUse } from '../measure/process-cpu.ts'
import { summarize, type Summary } from '../measure/statistics.ts'
import { digits, goal, spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway } from '../servers/gateway.ts'
import { startPortkey } from '../servers/portkey.ts'
import { startProgram } from '../servers/program.ts'
import type { Server } from '../servers/server.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'

/** One kind of request, and what Embedgate may take of what the pass-through takes. */
interface Case {
  readonly name: string
  readonly texts: number
  readonly encoding: 'base64' | 'float'
  readonly atMost: number
  /** Requests that come each second, whatever is answered; without it 16 clients ask as fast as they are answered. */
  readonly perSecond?: number
}

const cases: readonly Case[] = [
  { name: '1 text, float', texts: 1, encoding: 'float', atMost: 1.4 },
  { name: '1 text, base64', texts: 1, encoding: 'base64', atMost: 1.4 },
  { name: '32 texts, float', texts: 32, encoding: 'float', atMost: 1 },
  { name: '32 texts, base64', texts: 32, encoding: 'base64', atMost: 1 },
  { name: '1 text, base64, 600/s', texts: 1, encoding: 'base64', atMost: 1.4, perSecond: 600 },
  { name: '32 texts, base64, 200/s', texts: 32, encoding: 'base64', atMost: 1, perSecond: 200 },
]

const clients = 16
/** Portkey must take at least so many times what Embedgate takes. */
const portkeyOverOurs = 6
const addedMs = 0.4

const names = ['Embedgate', 'pass-through', '@fastify/http-proxy', 'Portkey'] as const

/** G6: processor time of a request that a remote engine answers, beside three other gateways in front of the same engine. */
export const proxiedBenchmark: Benchmark = {
  id: 'G6',
  short: true,
  run: async (settings) => {
    const upstream = await startProgram('bench/gateways/upstream.js')
    try {
      return await withServers(
        [
          () => startGateway({ remote: upstream.url }),
          () => relay('bench/gateways/pass-through.js', upstream.url),
          () => relay('bench/gateways/http-proxy.js', upstream.url),
          () => startPortkey(upstream.url),
        ],
        (...servers) => measureAll(settings, servers, upstream.url),
      )
    } finally {
      await upstream.stop()
    }
  },
}

const measureAll = async (settings: Settings, servers: readonly Server[], upstream: string) => {
  for (const each of cases) for (const server of servers) await cpuUs(settings, server, each)
  const found: { each: Case; us: readonly Summary[] }[] = []
  for (const each of cases) {
    const values = await interleave(
      settings.rounds,
      servers.map((server) => () => cpuUs(settings, server, each)),
    )
    found.push({ each, us: values.map((value) => summarize(value)) })
  }
  const direct: Target = { kind: 'openai', urls: [upstream], encoding: 'base64' }
  const through = servers[0]?.target ?? direct
  const p50s = await interleave(settings.rounds, [() => p50Ms(settings, through), () => p50Ms(settings, direct)])
  const [ours, bare] = p50s.map((values) => summarize(values))
  const added = (ours?.median ?? Number.NaN) - (bare?.median ?? Number.NaN)
  return {
    id: 'G6',
    title: 'CPU of a request that a remote engine answers, us, beside other gateways before the same engine',
    head: ['request', ...names, 'of the pass-through', 'Portkey / Embedgate'],
    rows: [
      ...found.map(row),
      ['added p50, 1 client, ms', digits(added), '', '', '', goal(added, { atMost: addedMs }), ''],
    ],
    notes: [
      'Processor time of each gateway alone from /proc, over requests. No text comes twice; all layers and observability on.',
      `Closed loop, ${clients} clients on keep-alive connections, but for the rows with a rate: there all gateways get as many requests, so that none saves wake-ups by being busier. Embedgate asks the engine for base64, whatever it is asked for.`,
    ],
    figures: { found, addedP50Ms: added },
  }
}

const row = ({ each, us }: { each: Case; us: readonly Summary[] }): string[] => {
  const [ours = Number.NaN, bare = Number.NaN, , portkey = Number.NaN] = us.map(({ median }) => median)
  const ratio = goal(ours / bare, { atMost: each.atMost })
  return [each.name, ...us.map(spread), ratio, goal(portkey / ours, { atLeast: portkeyOverOurs })]
}

const relay = async (path: string, upstream: string): Promise<Server> => {
  const program = await startProgram(path, [upstream])
  const { pid } = program.child
  return {
    target: { kind: 'openai', urls: [program.url], encoding: 'base64' },
    pids: pid === undefined ? [] : [pid],
    stop: () => program.stop(),
  }
}

const load = (settings: Settings, target: Target, texts: number, arrivals: Arrivals, watch = {}): Promise<LoadReport> =>
  generateLoad(
    {
      target,
      workload: 'W1',
      textsPerRequest: texts,
      seed: freshSeed(),
      arrivals,
      warmUpMs: settings.warmUpMs,
      durationMs: settings.durationMs,
    },
    watch,
  )

const cpuUs = async (
  settings: Settings,
  { target, pids }: Server,
  { name, texts, encoding, perSecond }: Case,
): Promise<number> => {
  const cpuMs = (): number => processUse(pids[0] ?? 0).ownCpuMs
  let startMs = 0
  let endMs = 0
  const arrivals: Arrivals =
    perSecond === undefined ? { kind: 'closed', clients } : { kind: 'open', perSecond, poisson: true }
  const report = await load(settings, { ...target, encoding } as Target, texts, arrivals, {
    onMeasuring: () => (startMs = cpuMs()),
    onMeasured: () => (endMs = cpuMs()),
  })
  if (Object.keys(report.errors).length > 0) throw new Error(`the load met errors: ${JSON.stringify(report.errors)}`)
  const us = ((endMs - startMs) * 1_000) / (report.texts / texts)
  progress(`${name}: ${digits(us)} us over ${report.requests} requests`)
  return us
}

const p50Ms = async (settings: Settings, target: Target): Promise<number> =>
  (await load(settings, target, 1, { kind: 'closed', clients: 1 })).latencyMs.p50
