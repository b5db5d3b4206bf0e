import { freshSeed, generateLoad, textsPerSecond } from '../load/generate.ts'
import { workloads, type WorkloadName } from '../load/workloads.ts'
import { pair, type Pair } from '../measure/pair.ts'
import { digits, goal, spread } from '../report/format.ts'
import { progress } from '../report/print.ts'
import type { Server } from '../servers/server.ts'
import { withServers } from '../servers/with-servers.ts'
import type { Settings } from './settings.ts'

/** Texts per second of two servers under the same workload. */
export interface Throughput {
  readonly workload: WorkloadName
  readonly clients: number
  readonly pair: Pair
}

/** Deadline of a request in a throughput run: no queue that closed-loop clients can build ends in it. */
export const patienceMs = 60_000

/** The columns of `throughputRow`. */
export const throughputHead = ['workload', 'a, texts/s', 'b, texts/s', 'a / b', 'goal'] as const

/**
 * Loads servers one after the other, uncounted: a program of the just-in-time compiler costs twice as much per request in
 * its first seconds as later.
 */
export const settle = async ({ settleMs }: Settings, servers: readonly Server[]): Promise<void> => {
  for (const { target } of servers) {
    const arrivals = { kind: 'closed', clients: workloads.W1.clients } as const
    await generateLoad({ target, workload: 'W1', seed: freshSeed(), arrivals, warmUpMs: 0, durationMs: settleMs })
  }
}

/**
 * Loads two servers in turns with the same texts and closed-loop clients.
 *
 * @param clients the workload's own number by default
 */
export const compareThroughput = (
  settings: Settings,
  workload: WorkloadName,
  a: Server,
  b: Server,
  clients: number = workloads[workload].clients,
): Promise<Throughput> =>
  compare(
    settings,
    workload,
    clients,
    (use) => use(a),
    (use) => use(b),
  )

/**
 * `compareThroughput` with servers of their own for each turn. The pages that a process happens to get make two equal ones
 * differ by up to 8 % for as long as they live, which more rounds with the same two do not even out.
 */
export const compareFresh = (
  settings: Settings,
  workload: WorkloadName,
  startA: () => Promise<Server>,
  startB: () => Promise<Server>,
  clients: number,
): Promise<Throughput> => {
  const fresh =
    (start: () => Promise<Server>): Using =>
    (use) =>
      withServers([start], async (server) => {
        await settle(settings, [server])
        return use(server)
      })
  return compare(settings, workload, clients, fresh(startA), fresh(startB))
}

/** Gives a server to whoever measures it. */
type Using = (use: (server: Server) => Promise<number>) => Promise<number>

const compare = async (
  { rounds, warmUpMs, durationMs }: Settings,
  workload: WorkloadName,
  clients: number,
  a: Using,
  b: Using,
): Promise<Throughput> => {
  const seeds = Array.from({ length: rounds }, freshSeed)
  const measure = (side: 'a' | 'b', using: Using) => (round: number) =>
    using(async ({ target }) => {
      const arrivals = { kind: 'closed', clients } as const
      const seed = seeds[round] ?? freshSeed()
      const rate = textsPerSecond(await generateLoad({ target, workload, seed, arrivals, warmUpMs, durationMs }))
      progress(`${workload}, round ${round + 1} of ${rounds}, ${side}: ${digits(rate)} texts/s`)
      return rate
    })
  return { workload, clients, pair: await pair(rounds, measure('a', a), measure('b', b)) }
}

/**
 * A row of a table.
 *
 * @param atLeast the goal, if there is one
 */
export const throughputRow = ({ workload, clients, pair: { a, b, ratio } }: Throughput, atLeast?: number): string[] => {
  const { title, clients: usual } = workloads[workload]
  const label =
    clients === usual ? title : `${title.replace(/, \d+ clients$/, '')}, ${clients} client${clients === 1 ? '' : 's'}`
  const verdict = atLeast === undefined ? '' : goal(ratio.median, { atLeast })
  return [`${workload} ${label}`, spread(a), spread(b), spread(ratio), verdict]
}
