import type { Finding } from '../../bench/report/finding.ts'
import { say } from '../../bench/report/print.ts'
import { simulate } from './simulate.ts'

/** What many histories came to. */
export interface Histories {
  readonly finding: Finding
  /** A line for each seed that broke an invariant. */
  readonly failed: readonly string[]
}

const progressEvery = 1_000

/** Plays the histories of `count` seeds; the first one that breaks an invariant is played again, to say how. */
export const runHistories = async (
  count: number,
  from: number,
  progress: (line: string) => void,
): Promise<Histories> => {
  const ends = new Map<string, number>()
  const failed: string[] = []
  let requests = 0
  let rows = 0
  const startedMs = performance.now()
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await simulate(seed)
    requests += outcome.requests
    rows += outcome.rows
    for (const [end, times] of outcome.ends) ends.set(end, (ends.get(end) ?? 0) + times)
    const [breach] = outcome.breaches
    if (breach) {
      if (failed.length === 0) {
        say(`seed ${seed}`)
        await simulate(seed, { tell: say })
      }
      failed.push(`seed ${seed}: ${breach.invariant}: ${breach.what}`)
    }
    const played = seed - from + 1
    if (played % progressEvery === 0) progress(`${played} histories, ${requests} requests, ${failed.length} failed`)
  }
  const seconds = (performance.now() - startedMs) / 1_000
  const figures = {
    from,
    histories: count,
    requests,
    rows,
    seconds,
    failed: failed.length,
    ends: Object.fromEntries(ends),
  }
  return { finding: findingOf(figures), failed }
}

interface Figures {
  readonly from: number
  readonly histories: number
  readonly requests: number
  readonly rows: number
  readonly seconds: number
  readonly failed: number
  readonly ends: Readonly<Record<string, number>>
}

const findingOf = (figures: Figures): Finding => {
  const { from, histories, requests, rows, seconds, failed, ends } = figures
  return {
    id: 'histories',
    title: `seeds ${from} to ${from + histories - 1}`,
    head: ['what', 'count'],
    rows: [
      ['histories', String(histories)],
      ['broken invariants', String(failed)],
      ['requests', String(requests)],
      ['rows answered', String(rows)],
      ...Object.entries(ends).map(([end, count]) => [`ended in ${end}`, String(count)]),
      ['histories per minute', String(Math.round((60 * histories) / seconds))],
      ['requests per second', String(Math.round(requests / seconds))],
    ],
    notes: ['One process, one thread, simulated time.'],
    figures,
  }
}
