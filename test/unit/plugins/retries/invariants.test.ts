import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BackendError, CallerGone, GatewayError, outcomeOf, reasonOf } from '../../../../gateway/core/errors.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import { attemptsOf, trailOf, withTrail } from '../../../../gateway/core/trail.ts'
import { batchOf, callOf } from '../../../../gateway/testing/calls.ts'
import { fakeClock } from '../../../../gateway/testing/fake-clock.ts'
import { countRequests } from '../../../../plugins/retries/count-requests.ts'
import { budgetWindowMs, retryBudget } from '../../../../plugins/retries/retry-budget.ts'
import { retry } from '../../../../plugins/retries/retry.ts'
import { answer, stepOf } from './retrying.ts'

const end = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  {
    weight: 6,
    arbitrary: fc
      .constantFrom('crash', 'timeout', 'status', 'unavailable', 'open', 'no_place', 'miss')
      .map((fault) => new BackendError(fault, 'scripted')),
  },
  {
    weight: 3,
    arbitrary: fc.option(fc.nat(3_000), { nil: undefined }).map((retryAfterMs) => ({ retryAfterMs })),
  },
  { weight: 1, arbitrary: fc.constant(new GatewayError('EG_INPUT_TOO_LONG', 'scripted')) },
)

const request = fc.record({
  atMs: fc.nat(15_000),
  timeoutMs: fc.integer({ min: 1, max: 4_000 }),
  leavesAfterMs: fc.option(fc.nat(4_000), { nil: undefined }),
  tries: fc.array(fc.record({ end, takesMs: fc.nat(500) }), { minLength: 7, maxLength: 7 }),
  otherReplicas: fc.nat(2),
  lowerTier: fc.constantFrom(false, false, true),
})

const history = fc.record({
  settings: fc.record({
    retries: fc.nat(5),
    baseMs: fc.integer({ min: 1, max: 500 }),
    capMs: fc.integer({ min: 1, max: 2_000 }),
  }),
  budget: fc.record({ ratio: fc.constantFrom(0, 0.2, 1), minPerSecond: fc.constantFrom(0, 0.2, 3) }),
  // Quarters: times stay exact.
  draw: fc.constantFrom(0, 0.25, 0.5, 0.75),
  requests: fc.array(request, { minLength: 1, maxLength: 12 }),
})

type History = typeof history extends fc.Arbitrary<infer T> ? T : never

/** Plays a history, and tells what has happened. */
const play = async ({ settings, budget: allowed, draw, requests }: History) => {
  const clock = fakeClock()
  const budget = retryBudget(clock, () => allowed)
  const counted: number[] = []
  const counting = {
    countRequest: () => {
      counted.push(clock.now())
      budget.countRequest()
    },
  }
  const granted: { readonly atMs: number; readonly bound: number; readonly within: number }[] = []
  const takenAtMs: number[] = []
  const recent = (times: readonly number[]): number => times.filter((ms) => ms > clock.now() - budgetWindowMs).length
  const take = (): boolean => {
    if (!budget.take()) return false
    takenAtMs.push(clock.now())
    const bound = Math.max(allowed.ratio * recent(counted), (allowed.minPerSecond * budgetWindowMs) / 1_000)
    granted.push({ atMs: clock.now(), bound, within: recent(takenAtMs) })
    return true
  }

  const runs = requests.map((scripted) => {
    const run = { triedAfterMs: [] as number[], endedAfterMs: 0, attempts: 0, scripted }
    clock.after(scripted.atMs, () => {
      const call = callOf(clock, { timeoutMs: scripted.timeoutMs })
      let others = scripted.otherReplicas
      const next: EmbedFn = async () => {
        const { end: how, takesMs } = scripted.tries[run.triedAfterMs.length] ?? { end: undefined, takesMs: 0 }
        run.triedAfterMs.push(clock.now() - scripted.atMs)
        if (takesMs > 0) await new Promise<void>((resolve) => clock.after(takesMs, resolve))
        if (how === undefined) return answer()
        const error = how instanceof Error ? how : new BackendError('busy', 'scripted', withoutUndefined(how))
        throw withTrail(error, [stepOf({ outcome: outcomeOf(error), reason: reasonOf(error) })])
      }
      const alternatives = {
        lowerTier: () => scripted.lowerTier,
        sameTier: () => true,
        otherReplica: () => others-- > 0,
      }
      const layer = retry(next, {
        clock,
        random: () => draw,
        settings: () => settings,
        budget: { take },
        alternatives,
        onRetry: () => {},
        onExhausted: () => {},
      })
      if (scripted.leavesAfterMs !== undefined) clock.after(scripted.leavesAfterMs, () => call.abort(new CallerGone()))
      const noteEnd = (attempts: number): void => {
        run.endedAfterMs = clock.now() - scripted.atMs
        run.attempts = attempts
        call.release()
      }
      void countRequests(
        layer,
        counting,
        alternatives,
      )(batchOf(['a']), call).then(
        ({ trail }) => noteEnd(attemptsOf(trail)),
        (error: unknown) => noteEnd(attemptsOf(trailOf(error))),
      )
    })
    return run
  })
  await clock.advance(60_000)
  return { runs, granted, takenAtMs, pending: clock.pending }
}

const withoutUndefined = ({ retryAfterMs }: { readonly retryAfterMs: number | undefined }) =>
  retryAfterMs === undefined ? {} : { retryAfterMs }

describe('retries, over any history of calls that share a budget', () => {
  it('bounds tries, retries and waits, and leaves nothing armed', { timeout: 30_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(history, async (each) => {
        const { runs, granted, takenAtMs, pending } = await play(each)
        for (const { triedAfterMs, endedAfterMs, attempts, scripted } of runs) {
          expect(triedAfterMs.length).toBeLessThanOrEqual(each.settings.retries + 1)
          const [last = 0] = triedAfterMs.slice(-1)
          const { leavesAfterMs = Infinity, timeoutMs } = scripted
          if (triedAfterMs.length > 1) {
            expect(last).toBeLessThan(timeoutMs)
            // Of two things in one instant either may be first.
            expect(last).toBeLessThanOrEqual(leavesAfterMs)
          }
          // It ends with its last try, or when the caller leaves while it waits: never by waiting for a deadline.
          const triedUntilMs = last + (scripted.tries[triedAfterMs.length - 1]?.takesMs ?? 0)
          expect([triedUntilMs, leavesAfterMs]).toContain(endedAfterMs)
          expect(attempts).toBe(triedAfterMs.length)
        }
        const retries = runs.reduce((sum, { triedAfterMs }) => sum + triedAfterMs.length - 1, 0)
        expect(retries).toBeLessThanOrEqual(takenAtMs.length)
        for (const { bound, within } of granted) expect(within).toBeLessThanOrEqual(bound)
        expect(pending).toBe(0)
      }),
      { numRuns: 100 },
    )
  })
})
