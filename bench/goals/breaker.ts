import { systemClock } from '../../gateway/core/clock.ts'
import type { BreakerSettings } from '../../gateway/core/policy.ts'
import { breaker, type Breaker } from '../../plugins/breakers/breaker.ts'
import { interleave } from '../measure/pair.ts'
import { summarize } from '../measure/statistics.ts'
import { goal, spread } from '../report/format.ts'
import type { Benchmark } from './benchmark.ts'

/** Of one turn: tens of milliseconds. */
const callsPerRound = 200_000
/** A gate is asked several times a request, for each replica of a chain. */
const gateAtMostUs = 1
/** [O7]. */
const callAtMostUs = 1_000

/** As by default. */
const settings: BreakerSettings = {
  burst: { failures: 5, windowMs: 10_000, minRatio: 0.2, cooldownMs: 30_000, successes: 2 },
  rate: { ratio: 0.5, minCalls: 20, windowMs: 60_000, cooldownMs: 300_000, successes: 10 },
}

/** What the breaker costs: asking its gate, and a call that it lets through and is told the end of. */
export const breakerBenchmark: Benchmark = {
  id: 'breaker',
  short: true,
  run: async ({ rounds, long }) => {
    const closed = made()
    const open = made()
    for (let failure = 0; failure < settings.burst.failures; failure++) open.begin(limitMs)?.end('failure')
    const measures = [
      { name: 'gate, closed', atMostUs: gateAtMostUs, run: () => timed(() => closed.bar() === undefined) },
      { name: 'gate, open', atMostUs: gateAtMostUs, run: () => timed(() => open.bar() !== undefined) },
      { name: 'call that succeeds: begin and end', atMostUs: callAtMostUs, run: () => timed(() => call(closed)) },
      { name: 'the loop alone, and the clock', run: () => timed(() => systemClock.now() > 0) },
    ]
    const runs = measures.map(({ run }) => run)
    // The first turns are the compiler's.
    await interleave(3, runs)
    const values = await interleave(long ? rounds * 10 : rounds * 3, runs)
    const found = measures.map(({ name, atMostUs }, index) => ({ name, atMostUs, us: summarize(values[index] ?? []) }))
    return {
      id: 'breaker',
      title: 'Circuit breaker, us',
      head: ['what', 'us', 'goal'],
      rows: found.map(({ name, atMostUs, us }) => [
        name,
        spread(us),
        atMostUs === undefined ? '' : goal(us.median, { atMost: atMostUs }),
      ]),
      notes: ['In turns, in one process, on the real clock.'],
      figures: found,
    }
  },
}

const limitMs = (): number => 5_000

const made = (): Breaker => breaker({ clock: systemClock, random: Math.random, settings, onTransition: () => {} })

const call = ({ begin }: Pick<Breaker, 'begin'>): boolean => {
  const permit = begin(limitMs)
  permit?.end('success')
  return permit !== undefined
}

const timed = (act: () => boolean): number => {
  let done = 0
  const startMs = performance.now()
  for (let count = 0; count < callsPerRound; count++) if (act()) done++
  const us = ((performance.now() - startMs) * 1_000) / callsPerRound
  if (done !== callsPerRound) throw new Error('the breaker is not in the state that is measured')
  return us
}
