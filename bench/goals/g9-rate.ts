import { freshSeed, generateLoad, answeredPerSecond } from '../load/generate.ts'
import type { LoadReport } from '../load/plan.ts'
import { digits, goal } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway, type GatewayServer } from '../servers/gateway.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { settle } from './throughput.ts'

/** Requests a second, and the 95th percentile that they must meet [S5]. */
const wanted = { perSecond: 200, p95Ms: 35 } as const
/** Halvings of the search for the highest rate: 6 % of the way between zero and the throughput of 32 clients. */
const searchSteps = 4

/** G9: 200 requests a second of 16 tokens with p95 below 35 ms, and the highest rate that still meets it. */
export const rateBenchmark: Benchmark = {
  id: 'G9',
  short: true,
  run: (settings) =>
    withServers([() => startGateway()], async (gateway) => {
      await settle(settings, [gateway])
      const even = await atRate(settings, gateway, wanted.perSecond, false)
      const poisson = await atRate(settings, gateway, wanted.perSecond, true)
      const highest = await highestRate(settings, gateway)
      return {
        id: 'G9',
        title: 'Latency at constant rates, 1 text of 16 tokens a request, ms from the intended start',
        head: ['arrivals', 'answered/s', 'p50', 'p95', 'p99', 'max', 'errors', 'goal'],
        rows: [
          row(`${wanted.perSecond}/s, even`, even, goal(even.latencyMs.p95, { atMost: wanted.p95Ms })),
          row(`${wanted.perSecond}/s, Poisson`, poisson, goal(poisson.latencyMs.p95, { atMost: wanted.p95Ms })),
          row(
            `highest, even: ${digits(highest.perSecond)}/s`,
            highest.report,
            goal(highest.perSecond, { atLeast: wanted.perSecond }),
          ),
        ],
        notes: [`"highest": the most requests a second that keep p95 below ${wanted.p95Ms} ms, found by halving.`],
        figures: { even, poisson, highest },
      }
    }),
}

const atRate = async (
  settings: Settings,
  gateway: GatewayServer,
  perSecond: number,
  poisson: boolean,
): Promise<LoadReport> => {
  const report = await generateLoad({
    target: gateway.target,
    workload: 'W1',
    seed: freshSeed(),
    arrivals: { kind: 'open', perSecond, poisson },
    warmUpMs: settings.warmUpMs,
    durationMs: settings.durationMs * (settings.long ? 3 : 2),
  })
  progress(
    `${digits(perSecond)}/s: p95 ${digits(report.latencyMs.p95)} ms, generator late by ${digits(report.lateMsP99)} ms (p99)`,
  )
  return report
}

const highestRate = async (
  settings: Settings,
  gateway: GatewayServer,
): Promise<{ perSecond: number; report: LoadReport | undefined }> => {
  const capacity = answeredPerSecond(
    await generateLoad({
      target: gateway.target,
      workload: 'W1',
      seed: freshSeed(),
      arrivals: { kind: 'closed', clients: 32 },
      warmUpMs: settings.warmUpMs,
      durationMs: settings.durationMs,
    }),
  )
  let low = 0
  let high = capacity
  let best: LoadReport | undefined
  for (let step = 0; step < searchSteps; step++) {
    const perSecond = step === 0 ? capacity * 0.8 : (low + high) / 2
    const report = await atRate(settings, gateway, perSecond, false)
    const holds = report.latencyMs.p95 < wanted.p95Ms && Object.keys(report.errors).length === 0
    if (holds) {
      low = perSecond
      best = report
    } else high = perSecond
  }
  return { perSecond: low, report: best }
}

const row = (name: string, report: LoadReport | undefined, verdict: string): string[] => {
  if (report === undefined) return [name, '-', '-', '-', '-', '-', '-', verdict]
  const { p50, p95, p99, max } = report.latencyMs
  const errors = Object.values(report.errors).reduce((sum, count) => sum + count, 0)
  return [name, digits(report.requests / report.seconds), ...[p50, p95, p99, max].map(digits), String(errors), verdict]
}
