import { freshSeed, generateLoad, answeredPerSecond } from '../load/generate.ts'
import type { Arrivals, LoadReport } from '../load/plan.ts'
import { digits, goal } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway, type GatewayServer } from '../servers/gateway.ts'
import { shedReasons } from '../servers/shed-reasons.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import type { Settings } from './settings.ts'
import { settle } from './throughput.ts'

const burstRequests = 1_000
/** Shares of the throughput of 32 clients. */
const loads = { high: 0.8, beyond: 1.5 } as const

/** The rest of G9: a thousand requests at once, and what the accepted ones feel beyond capacity. */
export const overloadBenchmark: Benchmark = {
  id: 'G9-overload',
  short: true,
  run: (settings) =>
    withServers([() => startGateway()], async (gateway) => {
      await settle(settings, [gateway])
      const capacity = answeredPerSecond(await load(settings, gateway, { kind: 'closed', clients: 32 }))
      const burst = await load(settings, gateway, { kind: 'burst', requests: burstRequests })
      const high = await load(settings, gateway, { kind: 'open', perSecond: capacity * loads.high, poisson: false })
      const beyond = await load(settings, gateway, { kind: 'open', perSecond: capacity * loads.beyond, poisson: false })
      const answered = burst.requests / burstRequests
      const p99Ratio = beyond.latencyMs.p99 / high.latencyMs.p99
      return {
        id: 'G9-overload',
        title: 'Beyond capacity, 1 text of 16 tokens a request',
        head: ['load', 'answered', 'p50 ms', 'p99 ms', 'errors', 'goal'],
        rows: [
          row(`${burstRequests} at once`, burst, `answered ${goal(answered, { atLeast: 0.95 })}`),
          row(`open, ${digits(capacity * loads.high)}/s (80 %)`, high, ''),
          row(
            `open, ${digits(capacity * loads.beyond)}/s (150 %)`,
            beyond,
            `p99 ratio ${goal(p99Ratio, { atMost: 2 })}`,
          ),
        ],
        notes: [
          `Capacity: ${digits(capacity)} texts/s by 32 closed-loop clients in the same run.`,
          await shedReasons(gateway.url),
        ],
        figures: { capacity, burst, high, beyond },
      }
    }),
}

/** A burst may wait and drain; what is asked here is what is felt when more keeps coming. */
const sustainedMs = 5_000

const load = async (
  { warmUpMs: usualMs, durationMs, long }: Settings,
  gateway: GatewayServer,
  arrivals: Arrivals,
): Promise<LoadReport> => {
  const warmUpMs = arrivals.kind === 'open' ? sustainedMs : usualMs
  progress(`overload: ${JSON.stringify(arrivals)}`)
  const seed = freshSeed()
  const runMs = long ? durationMs * 3 : durationMs
  return generateLoad({ target: gateway.target, workload: 'W1', seed, arrivals, warmUpMs, durationMs: runMs })
}

const row = (name: string, { requests, latencyMs, errors }: LoadReport, verdict: string): string[] => [
  name,
  String(requests),
  digits(latencyMs.p50),
  digits(latencyMs.p99),
  Object.entries(errors)
    .map(([error, count]) => `${count} x ${error}`)
    .join(', ') || 'none',
  verdict,
]
