import { percentile } from '../../../bench/measure/statistics.ts'
import type { Finding } from '../../../bench/report/finding.ts'
import { digits } from '../../../bench/report/format.ts'
import type { Check } from '../check.ts'
import { failed } from '../check.ts'
import { judge } from './judge.ts'
import type { FailoverResult } from './run.ts'

/** What all scenarios found, as one table. */
export const failoverFinding = (results: readonly FailoverResult[], times: number): Finding => ({
  id: 'failover',
  title: `the first tier lost and used again ${times} times in a row, under load`,
  head: [
    'first tier',
    'requests',
    'in time',
    'wrong',
    'calls',
    'cpu calls',
    's to use',
    'longest',
    'ms p50',
    'p99',
    'goals',
  ],
  rows: results.map(row),
  notes: [
    '25 requests a second of one text each, open loop; deadline 10 s; cool-down 1 s; one worker in each tier.',
    'In time: share of all requests answered 200 within their deadline; goal >= 0.99. Wrong: vectors unlike those of a',
    'gateway to which nothing happened; goal 0. Calls: of the first tier and of cpu, for each request that reached it; goal',
    '<= 1.2. Seconds to use: from the repair (local pools: from the loss) to the first request that it answers again.',
  ],
  figures: results.map(figures),
})

const row = (result: FailoverResult): string[] => {
  const { scenario, outcomes, wrong, tiers, losses } = result
  const checks = judge(result)
  const used = losses.map(({ untilUsedMs }) => untilUsedMs / 1_000)
  const latencies = outcomes.map(({ latencyMs }) => latencyMs)
  return [
    scenario,
    String(outcomes.length),
    (checks[0]?.found ?? Number.NaN).toFixed(4),
    String(wrong.length),
    ...tiers.map(({ calls, reached }) => digits(calls / reached)),
    digits(percentile(used, 0.5)),
    digits(Math.max(...used)),
    digits(percentile(latencies, 0.5)),
    digits(percentile(latencies, 0.99)),
    met(checks),
  ]
}

const met = (checks: readonly Check[]): string => (failed(checks).length === 0 ? 'met' : 'no')

const figures = (result: FailoverResult) => {
  const { outcomes, wrong, ...rest } = result
  const ends: Record<string, number> = {}
  for (const { status, code, backend } of outcomes) {
    const end = [status, code ?? backend].join(' ')
    ends[end] = (ends[end] ?? 0) + 1
  }
  return { ...rest, ends, wrong: wrong.length, checks: judge(result) }
}
