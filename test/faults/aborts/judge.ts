import { atLeast, atMost, type Check } from '../check.ts'
import type { AbortsResult } from './run.ts'

/** Judges what aborts have left behind. Not how long it took: see `judgeTimes`. */
export const judgeAborts = ({
  stages,
  counted,
  serverErrors,
  breakerTransitions,
  left,
  others,
}: AbortsResult): readonly Check[] => {
  const aborted = stages.reduce((sum, stage) => sum + stage.aborted, 0)
  return [
    atLeast('share of aborts that the gateway saw', counted / aborted, leastSeen),
    atMost('aborts that the gateway counted beyond them', counted - aborted, 0),
    atMost('answers of 5xx', serverErrors, 0),
    atMost('changes of a breaker', breakerTransitions, 0),
    atMost('requests, calls and tokens left', left, 0),
    atMost('requests of others that failed', others.failed, 0),
    ...stages
      .filter(({ stage }) => stage === 'while queued')
      .map(({ wasted, aborted: count }) =>
        atMost('share of queued texts computed for nobody', wasted / count, mostWasted),
      ),
  ]
}

/** An answer may go out just when its caller leaves. */
const leastSeen = 0.99

/** A wave may meet the end of a batch, and be the next one. */
const mostWasted = 0.1

/** The longest that the gateway may know of a request whose caller has left. */
const mostMs = 100

/** Judges how soon aborted requests were forgotten. */
export const judgeTimes = ({ stages }: AbortsResult): readonly Check[] =>
  stages.map(({ stage, forgottenMs }) =>
    atMost(`ms until the gauges had forgotten a wave that left ${stage}, longest`, Math.max(...forgottenMs), mostMs),
  )
