import { rowSource, type Embeddings, type Ran, type Try } from './embeddings.ts'

/** From the first tier that is present to the one that answered, and why. */
export interface Degradation {
  readonly from: string
  readonly to: string
  /** Bounded: the `reason` of the step that lost the first tier. */
  readonly reason: string
}

/** What was tried before an error. Kept beside the error, because errors of any class may end a request. */
const trails = new WeakMap<object, readonly Try[]>()

/** Notes what was tried before `error`, replacing an earlier note; returns the error, to be thrown. */
export const withTrail = <E>(error: E, trail: readonly Try[]): E => {
  if (typeof error === 'object' && error !== null) trails.set(error, trail)
  return error
}

/** What was tried before `error` ended the request; empty when nothing was. */
export const trailOf = (error: unknown): readonly Try[] =>
  (typeof error === 'object' && error !== null ? trails.get(error) : undefined) ?? []

/** The backend an answer names: the lowest computing tier that made a row, or `cached` when none did. */
export const servedBy = (trail: readonly Try[]): string =>
  lowestSuccess(trail.filter((step) => step.computing))?.backend ?? 'cached'

/**
 * Whether and why an answer came from a lower tier than the first one that is present on this machine. Undefined when it
 * did not, and for answers from the store alone. A device that is absent, or has not been found yet, does not count.
 */
export const degradation = (trail: readonly Try[]): Degradation | undefined => {
  const answered = lowestSuccess(trail)
  if (!answered) return undefined
  const lost = trail.find((step) => step.tier < answered.tier && step.outcome !== 'success' && !isNotPresent(step))
  if (!lost) return undefined
  return { from: lost.backend, to: answered.backend, reason: lost.reason ?? lost.outcome }
}

/** Whether an answer is worse than this machine can give: see `degradation`; any stale row makes it so. */
export const isDegraded = (answer: Pick<Embeddings, 'trail' | 'source'>): boolean =>
  degradation(answer.trail) !== undefined || answer.source.includes(rowSource.stale)

/** What the tier that an answer names computed on, and the largest of its batches; undefined where it does not tell. */
export const ranOn = (trail: readonly Try[]): Ran | undefined => {
  const backend = servedBy(trail)
  let found: Ran | undefined
  for (const step of trail) {
    if (step.backend !== backend || !step.ran) continue
    if (!found || step.ran.batchTexts > found.batchTexts) found = step.ran
  }
  return found
}

/** How many steps were real tries; skipped tiers are not. */
export const attemptsOf = (trail: readonly Try[]): number =>
  trail.reduce((count, step) => (step.outcome === 'skipped' ? count : count + 1), 0)

const isNotPresent = ({ reason }: Try): boolean => reason === 'absent' || reason === 'looked_for'

const lowestSuccess = (trail: readonly Try[]): Try | undefined => {
  let lowest: Try | undefined
  for (const step of trail) {
    if (step.outcome === 'success' && (!lowest || step.tier > lowest.tier)) lowest = step
  }
  return lowest
}
