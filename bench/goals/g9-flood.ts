import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import { answeredPerSecond, freshSeed, generateLoad } from '../load/generate.ts'
import type { Arrivals, LoadReport } from '../load/plan.ts'
import type { WorkloadName } from '../load/workloads.ts'
import { digits, goal } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway, type GatewayServer } from '../servers/gateway.ts'
import { startProgram } from '../servers/program.ts'
import { shedReasons } from '../servers/shed-reasons.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { settle } from './throughput.ts'

/** Times what the gateway can do, in tokens. */
const floodRatio = 5
/** Of the throughput of 32 clients, before and after. */
const normalRatio = 0.5
const floodMs = { short: 20_000, long: 300_000 } as const
/** What is admitted before patience is spent takes so long to drain; what is asked here is what is felt when more keeps coming. */
const sustainedMs = 10_000
/** The gateway is as it was before, so long after the flood. */
const recoveryMs = 10_000
const identicalRequests = 1_000

/** The rest of G9: five times the tokens that can be computed, and a thousand identical requests. */
export const floodBenchmark: Benchmark = {
  id: 'G9-flood',
  short: true,
  run: (settings) =>
    withServers([() => startGateway()], async (gateway) => {
      await settle(settings, [gateway])
      const { durationMs } = settings
      const before = await load(gateway, 'W5', { kind: 'closed', clients: 32 }, settings.warmUpMs, durationMs)
      const peak = answeredPerSecond(before)
      const normal: Arrivals = { kind: 'open', perSecond: peak * normalRatio, poisson: false }
      const calm = await load(gateway, 'W5', normal, settings.warmUpMs, durationMs)
      const flood = await load(
        gateway,
        'W5',
        { kind: 'open', perSecond: peak * floodRatio, poisson: false },
        sustainedMs,
        settings.long ? floodMs.long : floodMs.short,
      )
      const after = await load(gateway, 'W5', normal, recoveryMs - durationMs, durationMs)
      const again = await load(gateway, 'W5', { kind: 'closed', clients: 32 }, settings.warmUpMs, durationMs)
      const beside = await besideRefuser(settings, gateway, peak * (floodRatio - 1))
      // The machine may have become slower or faster meanwhile.
      const peakNow = (peak + answeredPerSecond(again)) / 2
      const goodput = answeredPerSecond(flood)
      const computed = await identical(settings, gateway)
      return {
        id: 'G9-flood',
        title: `${floodRatio} times too much, 1 text of 128 tokens a request`,
        head: ['load', 'answered/s', 'p50 ms', 'p99 ms', 'refused', 'refused after ms, p99', 'goal'],
        rows: [
          row('32 clients, before', before, ''),
          row(`open, ${digits(peak * normalRatio)}/s`, calm, ''),
          row(
            `open, ${digits(peak * floodRatio)}/s`,
            flood,
            `goodput ${goal(goodput / peakNow, { atLeast: 0.9 })}, beside the bare server ${goal(goodput / answeredPerSecond(beside), { atLeast: 0.9 })}, refusals ${goal(flood.failedAfterMs?.p99 ?? 0, { atMost: 20 })}`,
          ),
          row(
            `open, ${digits(peak * normalRatio)}/s, 10 s later`,
            after,
            `p99 ratio ${goal(after.latencyMs.p99 / calm.latencyMs.p99, { atMost: 1.5 })}`,
          ),
          row('32 clients, after', again, ''),
          row('32 clients, beside a bare server that refuses', beside, ''),
          [
            `${identicalRequests} identical at once`,
            '',
            '',
            '',
            '',
            '',
            `${computed} computed: ${goal(computed, { atMost: 1 })}`,
          ],
        ],
        notes: [
          `Goodput: answered in the flood from its ${sustainedMs / 1_000}th second on, of the mean of 32 closed-loop clients before and after it.`,
          'Two cores make the flood too and bear the refusals: so much is left of them when a bare Node server refuses the excess.',
          await shedReasons(gateway.url),
        ],
        figures: { before, calm, flood, after, again, beside, computed },
      }
    }),
}

const load = (
  { target }: Pick<GatewayServer, 'target'>,
  workload: WorkloadName,
  arrivals: Arrivals,
  warmUpMs: number,
  durationMs: number,
): Promise<LoadReport> => {
  progress(`flood: ${JSON.stringify(arrivals)}`)
  return generateLoad({ target, workload, seed: freshSeed(), arrivals, warmUpMs, durationMs })
}

/** What 32 clients get while a bare server refuses as much as the gateway must in the flood. */
const besideRefuser = async (settings: Settings, gateway: GatewayServer, perSecond: number): Promise<LoadReport> => {
  const refuser = await startProgram('bench/gateways/refuser.js')
  const target = { kind: 'openai', urls: [refuser.url], encoding: 'base64' } as const
  const excess: Arrivals = { kind: 'open', perSecond, poisson: false }
  const { warmUpMs, durationMs } = settings
  try {
    const [clients] = await Promise.all([
      load(gateway, 'W5', { kind: 'closed', clients: 32 }, warmUpMs * 2, durationMs),
      load({ target }, 'W5', excess, warmUpMs, durationMs + warmUpMs * 2),
    ])
    return clients
  } finally {
    await refuser.stop()
  }
}

/** How many texts the workers computed for as many requests with the same text at once. */
const identical = async ({ warmUpMs }: Settings, { url }: GatewayServer): Promise<number> => {
  // Workers tell their figures about once a second.
  const told = (): Promise<void> => sleep(1_500 + warmUpMs)
  await told()
  const before = await computedTexts(url)
  const body = JSON.stringify({ model: 'all-MiniLM-L6-v2', input: `identical ${before} ${Date.now()}` })
  const headers = { 'content-type': 'application/json' }
  const ask = async (): Promise<void> => {
    const answer = await request(`${url}/v1/embeddings`, { method: 'POST', headers, body })
    await answer.body.dump()
  }
  await Promise.all(Array.from({ length: identicalRequests }, ask))
  await told()
  return (await computedTexts(url)) - before
}

const computedTexts = async (url: string): Promise<number> => {
  const { body } = await request(`${url}/metrics`)
  return Number(/^embedgate_batch_size_sum\{[^}]*\} (\d+)/m.exec(await body.text())?.[1] ?? 0)
}

const row = (name: string, report: LoadReport, verdict: string): string[] => [
  name,
  digits(answeredPerSecond(report)),
  digits(report.latencyMs.p50),
  digits(report.latencyMs.p99),
  Object.entries(report.errors)
    .map(([error, count]) => `${count} x ${error}`)
    .join(', ') || 'none',
  report.failedAfterMs === undefined ? '' : digits(report.failedAfterMs.p99),
  verdict,
]
