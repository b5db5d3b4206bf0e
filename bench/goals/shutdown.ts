import { random } from '../load/random.ts'
import { summarize } from '../measure/statistics.ts'
import { spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import type { Benchmark } from './benchmark.ts'
import { shutdownCycle, type ShutdownCycle } from './shutdown-cycle.ts'

/** The signal comes so long after the load, at random: anywhere in a batch. */
const busyMs = { min: 200, max: 2_000 } as const

/** The other half of G8: shutdowns while busy, without an abort and without a lost request. */
export const shutdownBenchmark: Benchmark = {
  id: 'shutdown',
  short: false,
  run: async ({ cycles }) => {
    const next = random(1)
    const found: ShutdownCycle[] = []
    for (let cycle = 0; cycle < cycles; cycle++) {
      found.push(await shutdownCycle(busyMs.min + next() * (busyMs.max - busyMs.min)))
      progress(`cycle ${cycle + 1} of ${cycles}: ${JSON.stringify(found.at(-1))}`)
    }
    const count = (is: (cycle: ShutdownCycle) => boolean): number => found.filter(is).length
    const sum = (of: (cycle: ShutdownCycle) => number): number => found.reduce((total, cycle) => total + of(cycle), 0)
    const unclean = count(({ exit }) => exit !== 0)
    const aborted = count(({ abort, exit }) => abort || exit === 'SIGABRT')
    const lost = sum((cycle) => cycle.lost.length)
    const orphans = sum((cycle) => cycle.orphans)
    return {
      id: 'shutdown',
      title: `${cycles} shutdowns by SIGTERM while busy`,
      head: ['what', 'found', 'goal'],
      rows: [
        ['exit codes other than 0', ...none(unclean)],
        ['aborted processes', ...none(aborted)],
        ['accepted requests without an answer', ...none(lost)],
        ['processes left behind', ...none(orphans)],
        ['requests in flight at the signal', spread(summarize(found.map(({ busyWith }) => busyWith))), ''],
        ['accepted requests told that it stops', ...none(sum(({ turnedAway }) => turnedAway))],
        ['answered with vectors', String(sum(({ answered }) => answered)), ''],
        ['refused with a status', String(sum(({ refused }) => refused)), ''],
        ['found no listener any more', String(sum(({ unconnected }) => unconnected)), ''],
        ['ms from the signal to the end', spread(summarize(found.map(({ stopMs }) => stopMs))), ''],
      ],
      notes: [
        'Accepted: sent at least 50 ms before the signal. Real lengths, 32 clients, the signal at a random moment.',
      ],
      figures: found,
    }
  },
}

const none = (value: number): string[] => [String(value), value === 0 ? '0: met' : '0: no']
