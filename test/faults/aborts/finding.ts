import { percentile } from '../../../bench/measure/statistics.ts'
import type { Finding } from '../../../bench/report/finding.ts'
import { digits } from '../../../bench/report/format.ts'
import { checkRow } from '../check.ts'
import { judgeAborts, judgeTimes } from './judge.ts'
import type { AbortsResult } from './run.ts'

/** What aborts have left behind, as a table. */
export const abortsFinding = (result: AbortsResult): Finding => {
  const { stages } = result
  return {
    id: 'aborts',
    title: `${stages.reduce((sum, { aborted }) => sum + aborted, 0)} callers left, a third of them at each stage`,
    head: ['what', 'found', 'goal'],
    rows: [
      ...judgeAborts(result).map(checkRow),
      ...judgeTimes(result).map(checkRow),
      ...stages.map(({ stage, forgottenMs }) => [`ms, ${stage}: median`, digits(percentile(forgottenMs, 0.5)), '']),
      ...stages.map(({ stage, wasted, aborted }) => [`computed for nobody, ${stage}`, `${wasted} of ${aborted}`, '']),
    ],
    notes: [
      'Waves of 50 (computing: one by one) on a gateway with one worker, beside 5 requests a second of others. Every second',
      'connection is reset, the others are closed. The time is from the close to the first answer of /metrics in which',
      'requests_in_flight and backend_in_flight know of none of them, asked for over and over.',
    ],
    figures: result,
  }
}
