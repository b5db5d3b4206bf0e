import type { Finding } from '../../../bench/report/finding.ts'
import { digits } from '../../../bench/report/format.ts'
import { defaults } from '../draw/settings.ts'
import { measure, type Measured } from './measure.ts'
import { losses, type Loss } from './scenario.ts'

/** What all losses of one kind came to. */
interface Summary {
  readonly loss: Loss
  readonly histories: number
  readonly lost: number
  readonly answeredShare: number
  readonly slowestMs: number
  readonly triesPerBatch: number
  readonly wrong: number
  readonly usedAgainMs: number
  /** Histories in which that took longer than a cool-down and two probes. */
  readonly later: number
  readonly failed: readonly string[]
}

/** At least so many of the requests that come meanwhile are answered. */
const answeredGoal = 0.99
/** At most so many tries for each batch that reaches a tier. */
const triesGoal = 1.2

/** A cool-down with its jitter, and two probes at the rate of the load. */
const cooledDownMs = 1.2 * defaults.breaker.burst.cooldownMs + 2_000
/** A replica whose health answers were bad is started again: with its back-off, behind a probe that was under way. */
const startedAgainMs = 30_000 + defaults.timeouts.modelLoadMs

/** Plays `count` losses of each kind. @param progress told of each kind that is done */
export const runScenarios = async (
  count: number,
  from: number,
  progress: (line: string) => void,
): Promise<Summary[]> => {
  const summaries: Summary[] = []
  for (const loss of losses) {
    const all: Measured[] = []
    for (let seed = from; seed < from + count; seed++) all.push(await measure(loss, seed))
    summaries.push(summarise(loss, all))
    progress(`${loss} ${count} times`)
  }
  return summaries
}

const summarise = (loss: Loss, all: readonly Measured[]): Summary => {
  const sum = (of: (each: Measured) => number): number => all.reduce((total, each) => total + of(each), 0)
  const most = (of: (each: Measured) => number): number => all.reduce((largest, each) => Math.max(largest, of(each)), 0)
  return {
    loss,
    histories: all.length,
    lost: sum(({ lost }) => lost),
    answeredShare: sum(({ answered }) => answered) / sum(({ lost }) => lost),
    slowestMs: most(({ slowestMs }) => slowestMs),
    triesPerBatch: most(({ triesPerBatch }) => triesPerBatch),
    wrong: sum(({ wrong }) => wrong),
    usedAgainMs: most(({ usedAgainMs }) => usedAgainMs ?? Infinity),
    later: all.filter(({ usedAgainMs = Infinity }) => usedAgainMs > cooledDownMs).length,
    failed: all.flatMap((each) => failuresOf(each).map((failure) => `${loss} ${each.seed}: ${failure}`)),
  }
}

const failuresOf = ({ lost, answered, triesPerBatch, usedAgainMs = Infinity, breaches }: Measured): string[] => [
  ...(answered < answeredGoal * lost ? [`${answered} of ${lost} were answered`] : []),
  ...(triesPerBatch > triesGoal ? [`${digits(triesPerBatch)} tries for each batch of a tier`] : []),
  ...(usedAgainMs > cooledDownMs + startedAgainMs ? [`used again after ${usedAgainMs} ms`] : []),
  ...breaches,
]

/** The summaries as a table. */
export const findingOf = (summaries: readonly Summary[]): Finding => ({
  id: 'losses',
  title: 'a first tier is lost, and is back later',
  head: [
    'lost by',
    'histories',
    'requests meanwhile',
    'answered',
    'slowest ms',
    'tries/batch',
    'wrong',
    'used again ms',
    'later',
    'failed',
  ],
  rows: summaries.map((each) => [
    each.loss,
    String(each.histories),
    String(each.lost),
    `${digits(100 * each.answeredShare)} %`,
    digits(each.slowestMs),
    digits(each.triesPerBatch),
    String(each.wrong),
    digits(each.usedAgainMs),
    String(each.later),
    String(each.failed.length),
  ]),
  notes: [
    `Simulated: the numbers of an empty configuration, 5 requests a second. Worst of all histories, not means.`,
    `Wanted of each: ${100 * answeredGoal} % answered, at most ${triesGoal} tries for each batch that reached a tier, no wrong vector.`,
    `Later: used again after more than ${cooledDownMs} ms, a cool-down and two probes. A replica whose health answers were bad may also wait for its next start, up to ${startedAgainMs} ms; beyond that a history has failed.`,
  ],
  figures: summaries,
})
