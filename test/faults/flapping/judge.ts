import { atLeast, atMost, type Check } from '../check.ts'
import { cooldownMs, deadlineMs } from '../failover/two-tiers.ts'
import type { FlappingResult } from './run.ts'

/** Cool-downs are up to a fifth shorter or longer. */
const jitter = 0.2

/** Judges what flapping found. */
export const judgeFlapping = ({ seconds, outcomes, halfOpened }: FlappingResult): readonly Check[] => {
  const inTime = outcomes.filter(({ status, latencyMs }) => status === 200 && latencyMs <= deadlineMs)
  const shortestMs = cooldownMs * (1 - jitter)
  return [
    atLeast('times the breaker was half open', halfOpened, 1),
    atMost('times the breaker was half open, per shortest cool-down', halfOpened / ((seconds * 1_000) / shortestMs), 1),
    atLeast('share answered within the deadline', inTime.length / outcomes.length, 0.99),
  ]
}
