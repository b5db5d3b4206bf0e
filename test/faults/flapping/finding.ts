import type { Finding } from '../../../bench/report/finding.ts'
import { checkRow } from '../check.ts'
import { judgeFlapping } from './judge.ts'
import type { FlappingResult } from './run.ts'

/** What flapping found, as a table. */
export const flappingFinding = (result: FlappingResult): Finding => {
  const { outcomes, ...figures } = result
  return {
    id: 'flapping',
    title: `an engine that is there for half a second and not for the next, ${Math.round(result.seconds)} s long`,
    head: ['what', 'found', 'goal'],
    rows: [
      ...judgeFlapping(result).map(checkRow),
      ['times the breaker was half open', String(result.halfOpened), ''],
      ['times it closed', String(result.closed), ''],
      ['requests', String(outcomes.length), ''],
    ],
    notes: [
      '25 requests a second; cool-down 1 s, give or take a fifth; its connections are reset while it is not there.',
    ],
    figures,
  }
}
