import type { LatestHealth } from '../health/health.ts'
import type { TrafficCounts } from './traffic.ts'

/** What says how the gateway does, besides its chains. */
export interface Observations {
  readonly components: readonly LatestHealth[]
  readonly lastMinute: Pick<TrafficCounts, 'requests' | 'serverErrors'>
  /** The traffic of the last few seconds. */
  readonly justNow: Pick<TrafficCounts, 'requests' | 'serverErrors' | 'durationMs'>
}

/** What is wrong with the gateway, whatever its chains could do; in words for people. */
export interface Troubles {
  /** Why nothing is served although a tier could be called. */
  readonly stops?: string
  /** What does not stop it. */
  readonly others: readonly string[]
}

/** Answers of 5xx that are told: most of a fast burn of the error budget, 1.4 %, after docs/runbooks/AvailabilityBurnFast.md. */
const toldErrorRatio = 0.01
/** Fewer answers than this do not tell that all fail. */
const fewestAnswers = 5

/** What stops the gateway, and what else somebody who was just paged should know. */
export const troublesOf = ({ components, lastMinute, justNow }: Observations): Troubles => {
  // Of whoever refuses what must be computed, which is no reason to take the gateway out of service.
  const refusing = components.find(({ facts }) => facts?.['refusing'] === true)
  const failure = allFail(justNow)
  const stops = refusing ? (refusing.detail ?? refusing.name) : failure
  const errors = stops !== undefined && stops === failure ? undefined : someFail(lastMinute)
  return {
    ...(stops !== undefined && { stops }),
    others: [errors, notReady(components)].filter((each) => each !== undefined),
  }
}

const allFail = ({ requests, serverErrors, durationMs }: Observations['justNow']): string | undefined =>
  requests >= fewestAnswers && serverErrors === requests
    ? `all ${requests} answers of the last ${Math.ceil(durationMs / 1_000)} s were errors (5xx)`
    : undefined

const someFail = ({ requests, serverErrors }: Observations['lastMinute']): string | undefined =>
  serverErrors > 0 && serverErrors >= toldErrorRatio * requests
    ? `${serverErrors} of ${requests} answers in the last minute were errors (5xx)`
    : undefined

/** The chains tell of `models` themselves, with times and reasons. */
const notReady = (components: readonly LatestHealth[]): string | undefined => {
  const bad = components.filter(({ name, ready, ok }) => ready && !ok && name !== 'models')
  return bad.length === 0 ? undefined : `not ready: ${bad.map(({ name, detail }) => detail ?? name).join(', ')}`
}
