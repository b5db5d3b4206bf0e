import { lostTiers } from './model-report.ts'
import { elapsed } from './page/elapsed.js'
import type { Condition, ModelReport, StatusReport, TierReport } from './status-report.ts'
import type { Troubles } from './troubles.ts'

/** What the headline is made of. */
export interface Headline {
  readonly models: readonly ModelReport[]
  readonly isDraining: boolean
  readonly troubles: Troubles
}

/** The state of the whole gateway: the worst of its models, or of what else is wrong with it. */
export const overallState = ({ models, isDraining, troubles }: Headline): StatusReport['state'] => {
  if (isDraining) return 'draining'
  const ofChains = worstOf(models)
  if (isStopped(ofChains, troubles)) return 'down'
  return ofChains === 'serving' && troubles.others.length > 0 ? 'degraded' : ofChains
}

/** Whether it is serving, in one sentence: what somebody who was just paged reads first. */
export const sentence = ({ models, isDraining, troubles }: Headline, nowMs: number): string => {
  if (isDraining) return 'Stopping: requests in flight finish, new ones should go elsewhere.'
  const chains = isStopped(worstOf(models), troubles)
    ? `Not serving: ${troubles.stops ?? ''}${inTrouble(models, nowMs)}`
    : ofChains(models, nowMs)
  return `${[chains, ...troubles.others].join('; ')}.`
}

/** Of chains that cannot be called it is told why, and that is why all answers are errors. */
const isStopped = (ofChains: ModelReport['state'], { stops }: Troubles): boolean =>
  stops !== undefined && (ofChains === 'serving' || ofChains === 'degraded')

const worstOf = (models: readonly ModelReport[]): ModelReport['state'] =>
  (['down', 'starting', 'degraded'] as const).find((state) => models.some((each) => each.state === state)) ?? 'serving'

const ofChains = (models: readonly ModelReport[], nowMs: number): string => {
  const [only] = models
  if (models.length === 1 && only) return ofOne(only, nowMs)
  const served = models.filter(({ answeredBy }) => answeredBy !== undefined).length
  const all = served === models.length ? `all ${served}` : `${served === 0 ? 'none' : served} of ${models.length}`
  return `Serving ${all} models${inTrouble(models, nowMs)}`
}

const inTrouble = (models: readonly ModelReport[], nowMs: number): string =>
  models
    .filter(({ state }) => state !== 'serving')
    .map((model) => `; ${model.name} is ${model.state}${why(model, nowMs)}`)
    .join('')

const ofOne = (model: ModelReport, nowMs: number): string => {
  if (model.state === 'serving') return `Serving ${model.name}`
  if (model.state === 'degraded') return `Serving ${model.name}, degraded${why(model, nowMs)}`
  return `Not serving ${model.name}${model.state === 'starting' ? ' yet' : ''}${why(model, nowMs)}`
}

/** Which tiers are missing, since when and why, and who answers instead. */
const why = ({ state, answeredBy, chain }: ModelReport, nowMs: number): string => {
  const missing = state === 'degraded' ? lostTiers(chain) : chain.filter((tier) => tier.computing)
  // What a machine does not have is long to tell, and seldom the cause.
  const lost = missing.filter(({ condition }) => condition !== 'absent')
  const absent = missing.filter(({ condition }) => condition === 'absent')
  const losses = [
    ...lost.map((tier) => lossOf(tier, tier.reason, nowMs)),
    ...absent.map((tier) => lossOf(tier, lost.length === 0 ? tier.reason : undefined, nowMs)),
  ].join(', ')
  if (answeredBy !== undefined) return `: ${losses}, ${answeredBy} answers`
  const stored = chain.some(({ computing, available }) => !computing && available)
  return `: ${losses}${stored ? '; only stored results answer' : ''}`
}

const lossOf = (tier: TierReport, reason: string | undefined, nowMs: number): string => {
  const { name, condition, sinceMs, drainedSinceMs } = tier
  const loss = `${name} ${lossWords[condition](elapsed(nowMs - sinceMs))}${reason === undefined ? '' : ` (${reason})`}`
  if (drainedSinceMs === undefined || condition === 'drained') return loss
  return `${loss} and ${lossWords.drained(elapsed(nowMs - drainedSinceMs))}`
}

const lossWords: Readonly<Record<Condition, (time: string) => string>> = {
  serving: () => 'serves',
  'half-open': (time) => `on trial for ${time}`,
  failing: () => 'fails',
  open: (time) => `shut off ${time} ago`,
  drained: (time) => `drained by an operator ${time} ago`,
  probing: () => 'is being checked',
  starting: () => 'is starting',
  drifted: (time) => `drifted ${time} ago`,
  down: (time) => `lost ${time} ago`,
  absent: () => 'is not on this machine',
  closed: (time) => `closed ${time} ago`,
}
