import { lostTiers } from './model-report.ts'
import type { Condition, ModelReport, StatusReport, TierReport } from './status-report.ts'

/** The state of the whole gateway: that of its worst model. */
export const overallState = (models: readonly ModelReport[], isDraining: boolean): StatusReport['state'] => {
  if (isDraining) return 'draining'
  return (
    (['down', 'starting', 'degraded'] as const).find((state) => models.some((each) => each.state === state)) ??
    'serving'
  )
}

/** Whether it is serving, in one sentence: what somebody who was just paged reads first. */
export const sentence = (models: readonly ModelReport[], isDraining: boolean, nowMs: number): string => {
  if (isDraining) return 'Stopping: requests in flight finish, new ones should go elsewhere.'
  const served = models.filter(({ answeredBy }) => answeredBy !== undefined)
  const troubles = models.filter(({ state }) => state !== 'serving').map((model) => troubleOf(model, nowMs))
  return `${[servingPart(models, served), ...troubles].join('; ')}.`
}

const servingPart = (models: readonly ModelReport[], served: readonly ModelReport[]): string => {
  const [only] = models
  if (models.length === 1 && only) return served.length === 1 ? `Serving ${only.name}` : `Not serving ${only.name}`
  if (served.length === models.length) return `Serving all ${models.length} models`
  return served.length === 0
    ? `Serving none of ${models.length} models`
    : `Serving ${served.length} of ${models.length} models`
}

const troubleOf = ({ name, state, answeredBy, chain }: ModelReport, nowMs: number): string => {
  if (state === 'degraded') {
    const lost = lostTiers(chain).map((tier) => lossOf(tier, nowMs))
    return `${name} is degraded: ${lost.join(', ')}, ${answeredBy} answers`
  }
  if (state === 'starting') return `${name} is starting`
  const computing = chain.filter((tier) => tier.computing).map((tier) => lossOf(tier, nowMs))
  const stored = chain.some(({ computing: computes, available }) => !computes && available)
  return `${name} is down: ${computing.join(', ')}${stored ? '; only stored results answer' : ''}`
}

const lossOf = ({ name, condition, sinceMs, reason }: TierReport, nowMs: number): string =>
  `${name} ${lossWords[condition](elapsed(nowMs - sinceMs))}${reason === undefined ? '' : ` (${reason})`}`

const lossWords: Readonly<Record<Condition, (time: string) => string>> = {
  serving: () => 'serves',
  'half-open': (time) => `on trial for ${time}`,
  open: (time) => `shut off ${time} ago`,
  barred: (time) => `taken out ${time} ago`,
  probing: () => 'is being checked',
  starting: () => 'is starting',
  drifted: (time) => `drifted ${time} ago`,
  down: (time) => `lost ${time} ago`,
  absent: () => 'is not on this machine',
  closed: (time) => `closed ${time} ago`,
}

/** A time as people say it: `12 s`, `4 min`, `3 h`, `2 d`. */
export const elapsed = (durationMs: number): string => {
  const seconds = Math.max(0, Math.floor(durationMs / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
