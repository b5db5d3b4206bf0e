import { atLeast, atMost, type Check } from '../check.ts'
import type { FailoverResult } from './run.ts'
import { deadlineMs } from './two-tiers.ts'

/** Requests that are answered in time, of all. */
const leastAnswered = 0.99
/** Calls of a tier, for each request that reached it. */
const mostCalls = 1.2

/** Judges what a scenario found. */
export const judge = (result: FailoverResult): readonly Check[] => {
  const { outcomes, wrong, tiers, firstTierCounted } = result
  const inTime = outcomes.filter(({ status, latencyMs }) => status === 200 && latencyMs <= deadlineMs)
  const [first] = tiers
  return [
    atLeast('share answered within the deadline', inTime.length / outcomes.length, leastAnswered),
    atMost('wrong vectors', wrong.length, 0),
    ...tiers.map(({ tier, calls, reached }) =>
      atMost(`calls of ${tier} per request that reached it`, calls / reached, mostCalls),
    ),
    ...(first === undefined || firstTierCounted === undefined
      ? []
      : [atMost(`calls that ${first.tier} counted itself, per request`, firstTierCounted / first.reached, mostCalls)]),
  ]
}
