import { freshSeed, generateLoad } from '../load/generate.ts'
import { processUse } from '../measure/process-cpu.ts'
import { summarize, type Summary } from '../measure/statistics.ts'
import { interleave } from '../measure/pair.ts'
import { digits, goal, spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway, type GatewayServer } from '../servers/gateway.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { patienceMs, settle } from './throughput.ts'

/** One kind of request whose cost is measured. */
interface Case {
  readonly name: string
  readonly texts: number
  readonly encoding: 'base64' | 'float'
  readonly cached: boolean
  readonly atMostUs?: number
}

const cases: readonly Case[] = [
  { name: 'cached, 1 text, base64', texts: 1, encoding: 'base64', cached: true, atMostUs: 80 },
  { name: 'cached, 1 text, float', texts: 1, encoding: 'float', cached: true, atMostUs: 80 },
  { name: 'cached, 32 texts, base64', texts: 32, encoding: 'base64', cached: true, atMostUs: 200 },
  { name: 'cached, 32 texts, float', texts: 32, encoding: 'float', cached: true, atMostUs: 200 },
  { name: 'computed, 1 text, base64', texts: 1, encoding: 'base64', cached: false },
]

/** Different requests of a cached run. */
const distinctRequests = 64
const clients = 8
/** A computed answer must cost at least so many times a cached one. */
const computedOverCached = 25

/** G5: processor time of a request that the cache answers, all layers and observability on. */
export const cachedBenchmark: Benchmark = {
  id: 'G5',
  short: true,
  run: (settings) =>
    withServers([() => startGateway({ requestTimeoutMs: patienceMs })], async (gateway) => {
      // Kinds of requests that run side by side here share their code: each is compiled for all of them.
      await settle(settings, [gateway])
      for (const each of cases) await cpuUsPerRequest(settings, gateway, each)
      const values = await interleave(
        settings.rounds,
        cases.map((each) => () => cpuUsPerRequest(settings, gateway, each)),
      )
      const found = cases.map((each, index) => ({ each, us: summarize(values[index] ?? []) }))
      const cached = found[0]?.us.median ?? Number.NaN
      const computed = found.at(-1)?.us.median ?? Number.NaN
      return {
        id: 'G5',
        title: 'CPU of a request, us (16-token texts, all layers and observability on)',
        head: ['request', 'CPU us', 'goal'],
        rows: [
          ...found.map(row),
          [
            'computed / cached, 1 text',
            digits(computed / cached),
            goal(computed / cached, { atLeast: computedOverCached }),
          ],
        ],
        notes: [
          'Processor time of the gateway from /proc, over requests; for computed ones with its workers.',
          `Closed loop, ${clients} clients on keep-alive connections.`,
        ],
        figures: found,
      }
    }),
}

const row = ({ each, us }: { each: Case; us: Summary }): string[] => [
  each.name,
  spread(us),
  each.atMostUs === undefined ? '' : goal(us.median, { atMost: each.atMostUs }),
]

const cpuUsPerRequest = async (
  { warmUpMs, durationMs }: Settings,
  gateway: GatewayServer,
  { name, texts, encoding, cached }: Case,
): Promise<number> => {
  const pid = gateway.pids[0] ?? 0
  const cpuMs = (): number => (cached ? processUse(pid).ownCpuMs : processUse(pid).cpuMs)
  let startMs = 0
  let endMs = 0
  const report = await generateLoad(
    {
      target: { kind: 'openai', urls: [gateway.url], encoding },
      workload: 'W1',
      textsPerRequest: texts,
      seed: freshSeed(),
      arrivals: { kind: 'closed', clients },
      warmUpMs,
      durationMs,
      ...(cached ? { distinctRequests } : {}),
    },
    { onMeasuring: () => (startMs = cpuMs()), onMeasured: () => (endMs = cpuMs()) },
  )
  if (Object.keys(report.errors).length > 0) throw new Error(`the load met errors: ${JSON.stringify(report.errors)}`)
  const us = ((endMs - startMs) * 1000) / (report.texts / texts)
  progress(`${name}: ${digits(us)} us over ${report.requests} requests`)
  return us
}
