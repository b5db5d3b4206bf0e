import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '../../../../gateway/core/errors.ts'
import { breaker, type Permit } from '../../../../plugins/breakers/breaker.ts'
import { settingsFor } from '../../../../plugins/breakers/settings-for.ts'
import type { BreakerMode, Transition } from '../../../../plugins/breakers/status.ts'
import { NaiveBreaker } from './naive-breaker.ts'
import { defaults, setClock, subject } from './subject.ts'

/** Small numbers, so that histories of some dozens of steps come everywhere. */
const small = settingsFor(defaults, {
  burst: { failures: 3, windowMs: 30, minRatio: 0.5, cooldownMs: 40, successes: 2 },
  rate: { minCalls: 4, windowMs: 3_000, cooldownMs: 100, successes: 2 },
})
const smaller = settingsFor(small, { burst: { failures: 2, successes: 1 }, rate: { minCalls: 2, cooldownMs: 30 } })
const probeMs = 25

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'begin' }
  | { readonly do: 'end'; readonly call: number; readonly outcome: Outcome }
  | { readonly do: 'mode'; readonly mode: BreakerMode }
  | { readonly do: 'reset' }
  | { readonly do: 'configure'; readonly to: typeof small }

const anyOutcome = fc.constantFrom<Outcome>('success', 'success', 'failure', 'failure', 'caller', 'overload', 'neutral')

/** A call that ends at once. */
const wholeCall: fc.Arbitrary<Step[]> = anyOutcome.map((outcome) => [{ do: 'begin' }, { do: 'end', call: 0, outcome }])

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('begin' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('end' as const),
      // Counted from the newest: mostly what has just begun, sometimes what began long ago.
      call: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(30) }),
      outcome: anyOutcome,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(probeMs), fc.constant(2_000)),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({
        do: fc.constant('mode' as const),
        mode: fc.constantFrom<BreakerMode>('auto', 'auto', 'forced-open', 'forced-closed'),
      }),
      fc.record({ do: fc.constant('reset' as const) }),
      fc.record({ do: fc.constant('configure' as const), to: fc.constantFrom(small, smaller) }),
    ),
  },
)

/** Runs a history through both, comparing after each step; returns what the real one told. */
const run = (history: readonly Step[], draws: readonly number[], isRead: boolean): Transition[] => {
  const clock = setClock(0)
  const transitions: Transition[] = []
  let drawn = 0
  const draw = (at: number): number => Math.round((draws[at % draws.length] ?? 0.5) * 10) / 10
  const real = breaker({
    clock,
    random: () => draw(drawn++),
    settings: small,
    onTransition: (transition) => void transitions.push(transition),
  })
  let naiveDrawn = 0
  const naive = new NaiveBreaker(
    small,
    probeMs,
    (configuredMs) => (1 + 0.2 * (2 * draw(naiveDrawn++) - 1)) * configuredMs,
  )
  const permits: Permit[] = []
  for (const each of history) {
    if (each.do === 'wait') {
      clock.nowMs += each.ms
      naive.waitUntil(clock.nowMs)
    } else if (each.do === 'begin') {
      const permit = real.begin(() => probeMs)
      expect(permit !== undefined).toBe(naive.begin())
      if (permit) permits.push(permit)
      expect(permit?.probeMs).toBe(permit && naive.state === 'half-open' ? probeMs : undefined)
    } else if (each.do === 'end') {
      const index = permits.length - 1 - each.call
      permits[index]?.end(each.outcome)
      naive.end(index, each.outcome)
    } else if (each.do === 'mode') {
      real.setMode(each.mode)
      naive.setMode(each.mode)
    } else if (each.do === 'reset') {
      real.reset()
      naive.reset()
    } else {
      if (naive.state === 'open') continue
      real.configure(each.to)
      naive.configure(each.to)
    }
    if (!isRead) continue
    const { state, windows } = real.status()
    expect(state).toBe(naive.state)
    expect(real.bar()?.retryAfterMs ?? 0).toBeCloseTo(naive.barredMs)
    if (state === 'closed') expect(windows).toEqual({ burst: naive.counts('burst'), rate: naive.counts('rate') })
  }
  return transitions
}

const histories = fc
  .array(
    fc.oneof(
      step.map((each) => [each]),
      wholeCall,
    ),
    { maxLength: 150, size: 'max' },
  )
  .map((parts) => parts.flat())
const draws = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 })

describe('any history of calls, outcomes, time and commands', () => {
  it('goes as the naive breaker says, which keeps every call in a list', () => {
    fc.assert(
      fc.property(histories, draws, (history, random) => void run(history, random, true)),
      { numRuns: 200 },
    )
  })

  it('goes the same way when nobody reads the state in between', () => {
    fc.assert(
      fc.property(histories, draws, (history, random) => void run(history, random, false)),
      { numRuns: 200 },
    )
  })

  it('is told without a gap: each change begins where the last one ended', () => {
    fc.assert(
      fc.property(histories, draws, (history, random) => {
        let state = 'closed'
        for (const { from, to } of run(history, random, true)) {
          expect(from).toBe(state)
          expect(to).not.toBe(from)
          state = to
        }
      }),
    )
  })

  it('visits every kind of change often enough to mean something', () => {
    const seen = new Map<string, number>()
    for (const [history, random] of fc.sample(fc.tuple(histories, draws), { numRuns: 200, seed: 1 })) {
      for (const { from, to, cause } of run(history, random, true)) {
        const kind = `${from} ${to} ${cause}`
        seen.set(kind, (seen.get(kind) ?? 0) + 1)
      }
    }
    const kinds = ['burst', 'rate'].flatMap((cause) =>
      ['closed open', 'open half-open', 'half-open open', 'half-open closed'].map((change) => `${change} ${cause}`),
    )
    expect(kinds.filter((kind) => (seen.get(kind) ?? 0) < 10)).toEqual([])
  })
})

describe('for any history', () => {
  it('there is at most one probe at a time, and it has a limit', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const clock = setClock(0)
        let probe: { readonly permit: Permit; readonly untilMs: number } | undefined
        const real = breaker({ clock, random: () => 0, settings: small, onTransition: () => {} })
        const permits: Permit[] = []
        for (const each of history) {
          if (each.do === 'wait') clock.nowMs += each.ms
          if (each.do === 'end') {
            const permit = permits.at(-1 - each.call)
            permit?.end(each.outcome)
            if (permit === probe?.permit) probe = undefined
          }
          if (each.do !== 'begin') continue
          const permit = real.begin(() => probeMs)
          if (!permit) continue
          permits.push(permit)
          if (permit.probeMs === undefined) continue
          expect(probe === undefined || clock.nowMs >= probe.untilMs).toBe(true)
          probe = { permit, untilMs: clock.nowMs + permit.probeMs }
        }
      }),
      { numRuns: 1_000 },
    )
  })

  it('a breaker stays open for 0.8 to 1.2 times its cool-down', () => {
    fc.assert(
      fc.property(
        histories,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }),
        (history, random) => {
          for (const { to, cause, cooldownMs } of run(history, random, true)) {
            if (to !== 'open' || (cause !== 'burst' && cause !== 'rate')) continue
            const configuredMs = [small[cause].cooldownMs, smaller[cause].cooldownMs]
            expect(cooldownMs).toBeGreaterThanOrEqual(0.8 * Math.min(...configuredMs))
            expect(cooldownMs).toBeLessThanOrEqual(1.2 * Math.max(...configuredMs))
          }
        },
      ),
    )
    const anyDraw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(anyDraw, fc.constantFrom('early', 'late'), (random, when) => {
        const { open, wait, call } = subject({}, () => random)
        open()
        wait(when === 'early' ? 23_999 : 36_000)
        expect(call('neutral')).toBe(when === 'late')
      }),
    )
  })

  it('a breaker is closed by its current probe alone, or by an operator', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const clock = setClock(0)
        let closings = 0
        const onTransition = ({ to, cause }: Transition): void => {
          if (to === 'closed' && (cause === 'burst' || cause === 'rate')) closings++
        }
        const real = breaker({ clock, random: () => 0.5, settings: small, onTransition })
        const permits: Permit[] = []
        let probe: Permit | undefined
        for (const each of history) {
          const before = closings
          let ended: Permit | undefined
          if (each.do === 'wait') clock.nowMs += each.ms
          if (each.do === 'begin') {
            const permit = real.begin(() => probeMs)
            if (permit) permits.push(permit)
            if (permit?.probeMs !== undefined) probe = permit
          }
          if (each.do === 'end') {
            ended = permits.at(-1 - each.call)
            ended?.end(each.outcome)
          }
          if (closings === before) continue
          expect(ended).toBe(probe)
          expect(each).toMatchObject({ outcome: expect.stringMatching(/^(success|caller)$/) })
        }
      }),
      { numRuns: 1_000 },
    )
  })
})
