import { play, type History } from '../history.ts'
import { breachesOf } from '../invariants/index.ts'
import { drawScenario, type Loss } from './scenario.ts'

/** What losing a first tier came to. */
export interface Measured {
  readonly seed: number
  /** Requests that came while it was lost, and those of them that were answered. */
  readonly lost: number
  readonly answered: number
  /** Their longest answer. */
  readonly slowestMs: number
  /** Tries per batch that reached it, of the tier that was tried most. */
  readonly triesPerBatch: number
  /** Rows with another vector than that of their text. */
  readonly wrong: number
  /** How long after it was back it was used again; undefined when it was not in time. */
  readonly usedAgainMs: number | undefined
  /** Other invariants that did not hold. */
  readonly breaches: readonly string[]
}

/** Plays one loss. @param tell told what happens, as it happens */
export const measure = async (loss: Loss, seed: number, tell?: (line: string) => void): Promise<Measured> => {
  const { plan, lostMs, backMs } = drawScenario(loss, seed)
  const history = await play(plan, tell ? { tell } : {})
  const meanwhile = history.asked.filter(({ atMs }) => atMs >= lostMs && atMs < backMs)
  const answered = meanwhile.filter(({ answer }) => answer !== undefined)
  const breaches = breachesOf(history)
  return {
    seed,
    lost: meanwhile.length,
    answered: answered.length,
    slowestMs: Math.max(0, ...answered.map(({ atMs, endedMs = atMs }) => endedMs - atMs)),
    triesPerBatch: Math.max(...[...history.world.tries.tiers.values()].map(({ tries, batches }) => tries / batches)),
    wrong: breaches.filter(({ invariant }) => invariant === 'right vectors').length,
    usedAgainMs: usedAgain(history, backMs),
    breaches: breaches.map(({ invariant, what }) => `${invariant}: ${what}`),
  }
}

const usedAgain = ({ asked, recovery }: History, backMs: number): number | undefined => {
  if (recovery.afterMs === undefined) return undefined
  const first = asked.find(
    ({ atMs, answer }) =>
      atMs >= backMs && answer?.trail.some(({ tier, outcome }) => tier === 0 && outcome === 'success'),
  )
  return first?.endedMs === undefined ? undefined : first.endedMs - backMs
}
