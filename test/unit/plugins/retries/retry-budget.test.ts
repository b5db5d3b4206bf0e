import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { budgetWindowMs, retryBudget, type RetryBudget } from '../../../../plugins/retries/retry-budget.ts'

const usual = { ratio: 0.2, minPerSecond: 3 }

const countMany = (budget: RetryBudget, requests: number): void => {
  for (let request = 0; request < requests; request++) budget.countRequest()
}

/** Takes until there is nothing left. */
const takeAll = (budget: RetryBudget): number => {
  let taken = 0
  while (budget.take()) taken++
  return taken
}

describe('retry budget', () => {
  it('[R2] allows 3 retries a second without any request, all of 10 s at once', () => {
    expect(takeAll(retryBudget(fakeClock(), () => usual))).toBe(30)
  })

  it('[R2] allows a fifth of the requests of the last 10 s where that is more', async () => {
    const clock = fakeClock()
    const budget = retryBudget(clock, () => usual)
    countMany(budget, 1_000)
    expect(takeAll(budget)).toBe(200)
    expect(budget.level()).toEqual({ requests: 1_000, retries: 200, left: 0 })
    await clock.advance(budgetWindowMs)
    expect(budget.level()).toEqual({ requests: 0, retries: 200, left: 0 })
    await clock.advance(100)
    expect(budget.level()).toEqual({ requests: 0, retries: 0, left: 30 })
  })

  it('forgets in steps, so that it comes back as it was used', async () => {
    const clock = fakeClock()
    const budget = retryBudget(clock, () => usual)
    for (let second = 0; second < 10; second++) {
      for (let retry = 0; retry < 3; retry++) expect(budget.take()).toBe(true)
      await clock.advance(1_000)
    }
    expect(budget.take()).toBe(false)
    await clock.advance(100)
    expect(takeAll(budget)).toBe(3)
  })

  it('allows nothing when both of its settings say so', () => {
    const budget = retryBudget(fakeClock(), () => ({ ratio: 0, minPerSecond: 0 }))
    countMany(budget, 100)
    expect(budget.take()).toBe(false)
  })

  it('[R6] obeys settings that change, at once', () => {
    let settings = usual
    const budget = retryBudget(fakeClock(), () => settings)
    expect(takeAll(budget)).toBe(30)
    settings = { ratio: 0, minPerSecond: 4 }
    expect(takeAll(budget)).toBe(10)
    settings = usual
    expect(budget.level().left).toBe(0)
  })

  it('never allows more in any 10 s than the share of its requests or the minimum, over any history', () => {
    const event = fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('requests'), many: fc.nat(60) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('retries'), many: fc.nat(60) }) },
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait'), many: fc.nat(9_000) }) },
    )
    const settings = fc.record({ ratio: fc.constantFrom(0, 0.1, 0.2, 1), minPerSecond: fc.constantFrom(0, 0.5, 3) })
    fc.assert(
      fc.property(settings, fc.array(event, { maxLength: 40 }), ({ ratio, minPerSecond }, history) => {
        let nowMs = 0
        const budget = retryBudget({ now: () => nowMs }, () => ({ ratio, minPerSecond }))
        const requests: number[] = []
        const retries: number[] = []
        const within = (times: readonly number[]): number => times.filter((ms) => ms > nowMs - budgetWindowMs).length
        for (const { kind, many } of history) {
          if (kind === 'wait') nowMs += many
          for (let one = 0; one < (kind === 'requests' ? many : 0); one++) {
            budget.countRequest()
            requests.push(nowMs)
          }
          for (let one = 0; one < (kind === 'retries' ? many : 0); one++) {
            if (!budget.take()) break
            retries.push(nowMs)
            // The last retry of any 10 s sees them all: what holds here holds for every window.
            const bound = Math.max(ratio * within(requests), (minPerSecond * budgetWindowMs) / 1_000)
            expect(within(retries)).toBeLessThanOrEqual(bound)
          }
        }
      }),
    )
  })
})
