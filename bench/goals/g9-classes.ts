import { answeredPerSecond, freshSeed, generateLoad } from '../load/generate.ts'
import type { Arrivals, LoadReport } from '../load/plan.ts'
import { median } from '../measure/statistics.ts'
import { digits, goal } from '../report/format.ts'
import { progress } from '../report/print.ts'
import { startGateway } from '../servers/gateway.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Benchmark } from './benchmark.ts'
import { settle } from './throughput.ts'

/** Share of the throughput of 32 clients that the interactive callers ask for. */
const interactiveRatio = 0.3
/** Clients that each ingest 256 passages of 128 tokens at a time. */
const bulkClients = 2

/** What interactive callers feel of a bulk stream: alone and beside it, in turns. */
export const classesBenchmark: Benchmark = {
  id: 'G9-classes',
  short: true,
  run: (settings) =>
    withServers([() => startGateway()], async (gateway) => {
      await settle(settings, [gateway])
      const { warmUpMs, durationMs } = settings
      const run = (workload: 'W1' | 'W6', arrivals: Arrivals, beforeMs: number, ms: number) =>
        generateLoad({
          target: gateway.target,
          workload,
          arrivals,
          warmUpMs: beforeMs,
          durationMs: ms,
          seed: freshSeed(),
        })
      const capacity = answeredPerSecond(await run('W1', { kind: 'closed', clients: 32 }, warmUpMs, durationMs))
      const interactive: Arrivals = { kind: 'open', perSecond: capacity * interactiveRatio, poisson: true }
      const bulk: Arrivals = { kind: 'closed', clients: bulkClients }
      const measuredMs = durationMs * 2
      const pairs: { alone: LoadReport; beside: LoadReport; bulk: LoadReport }[] = []
      for (let round = 0; round < settings.rounds; round++) {
        progress(`classes: round ${round + 1}`)
        const alone = await run('W1', interactive, warmUpMs, measuredMs)
        const [beside, ingested] = await Promise.all([
          run('W1', interactive, warmUpMs * 2, measuredMs),
          run('W6', bulk, warmUpMs, measuredMs + warmUpMs),
        ])
        pairs.push({ alone, beside, bulk: ingested })
      }
      const ratios = pairs.map(({ alone, beside }) => beside.latencyMs.p99 / alone.latencyMs.p99)
      return {
        id: 'G9-classes',
        title: `Interactive texts of 16 tokens at ${digits(capacity * interactiveRatio)}/s, alone and beside ${bulkClients} clients that ingest`,
        head: ['round', 'alone p50 ms', 'p99', 'beside p50 ms', 'p99', 'bulk texts/s', 'errors'],
        rows: pairs.map(({ alone, beside, bulk: ingested }, round) => [
          String(round + 1),
          digits(alone.latencyMs.p50),
          digits(alone.latencyMs.p99),
          digits(beside.latencyMs.p50),
          digits(beside.latencyMs.p99),
          digits(answeredPerSecond(ingested)),
          String(errorsOf(alone) + errorsOf(beside) + errorsOf(ingested)),
        ]),
        notes: [`p99 beside bulk, of alone (median of rounds): ${goal(median(ratios), { atMost: 1.5 })}`],
        figures: { capacity, pairs },
      }
    }),
}

const errorsOf = ({ errors }: LoadReport): number => Object.values(errors).reduce((sum, count) => sum + count, 0)
