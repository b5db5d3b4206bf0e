import { describe, expect, it } from 'vitest'
import { failed } from '../check.ts'
import type { Outcome } from '../load.ts'
import { judge } from './judge.ts'
import type { FailoverResult } from './run.ts'

const answered: Outcome = { text: 'a', startMs: 0, latencyMs: 20, status: 200, backend: 'first', degraded: false }

const good: FailoverResult = {
  scenario: 'any',
  outcomes: Array.from({ length: 100 }, () => answered),
  losses: [],
  wrong: [],
  tiers: [
    { tier: 'first', reached: 60, calls: 72 },
    { tier: 'cpu', reached: 50, calls: 50 },
  ],
  firstTierCounted: 60,
}

/** Names of the goals that are not met when the result is as `changes` say. */
const missed = (changes: Partial<FailoverResult>): string[] =>
  failed(judge({ ...good, ...changes })).map(({ what }) => what)

const ended = (end: Partial<Outcome>): Outcome => ({ ...answered, ...end })

const withEnds = (...ends: readonly Partial<Outcome>[]): Pick<FailoverResult, 'outcomes'> => ({
  outcomes: [...good.outcomes.slice(ends.length), ...ends.map(ended)],
})

describe('the judge of failover', () => {
  it('passes what is within its bounds: one in a hundred without an answer, 1.2 calls for a request', () => {
    expect(missed(withEnds({ status: 503 }))).toEqual([])
  })

  it('wants 99 of 100 requests answered, and in time', () => {
    const what = 'share answered within the deadline'
    expect(missed(withEnds({ status: 503 }, { status: 0 }))).toEqual([what])
    expect(missed(withEnds({ latencyMs: 10_001 }, { latencyMs: 20_000 }))).toEqual([what])
    expect(missed({ outcomes: [] })).toEqual([what])
  })

  it('forgives no wrong vector', () => {
    expect(missed({ wrong: ['a'] })).toEqual(['wrong vectors'])
  })

  it('wants few calls, by the gateway and by the first tier itself', () => {
    const [, cpu = { tier: '', reached: 0, calls: 0 }] = good.tiers
    expect(missed({ tiers: [{ tier: 'first', reached: 60, calls: 73 }, cpu] })).toEqual([
      'calls of first per request that reached it',
    ])
    expect(missed({ firstTierCounted: 73 })).toEqual(['calls that first counted itself, per request'])
    expect(missed({ firstTierCounted: undefined })).toEqual([])
  })
})
