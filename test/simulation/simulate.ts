import { GatewayError } from '../../gateway/core/errors.ts'
import { drawPlan } from './draw/plan.ts'
import { play } from './history.ts'
import { breachesOf, type Breach } from './invariants/index.ts'
import type { WorldOptions } from './world.ts'

/** What came of one seed. */
export interface Outcome {
  readonly seed: number
  readonly requests: number
  readonly rows: number
  /** Requests by how they ended: `answered`, the code of an error, or its name. */
  readonly ends: ReadonlyMap<string, number>
  readonly breaches: readonly Breach[]
}

/** Plays the history of a seed and judges it. */
export const simulate = async (seed: number, options: WorldOptions = {}): Promise<Outcome> => {
  const history = await play(drawPlan(seed), options)
  const ends = new Map<string, number>()
  let rows = 0
  for (const { answer, error } of history.asked) {
    const end = answer ? 'answered' : endOf(error)
    ends.set(end, (ends.get(end) ?? 0) + 1)
    rows += answer?.tokens.length ?? 0
  }
  return { seed, requests: history.asked.length, rows, ends, breaches: breachesOf(history) }
}

const endOf = (error: unknown): string => {
  if (error instanceof GatewayError) return error.code
  return error instanceof Error ? error.name : typeof error
}
