import type { Model } from '../core/model.ts'
import type { Bar, BarReason, ReplicaState, TierStatus } from '../core/served-model.ts'
import type { Replica } from './replica.ts'

/** One step of a chain: the replicas of one backend. */
export interface Tier {
  readonly name: string
  /** Position in the chain, 0 first. */
  readonly position: number
  readonly computing: boolean
  /** See `Backend.queueing`. */
  readonly queueing: boolean
  readonly replicas: readonly Replica[]
  /** For people: a warning about the chain that concerns this tier. */
  readonly detail?: string
}

/** The state that says most about a tier, first. One that is present in any form comes before `absent`. */
const tellingStates = ['serving', 'probing', 'starting', 'drifted', 'down', 'absent', 'closed'] as const

/** Whether a replica was too far off for a model when it was measured last. */
export const isBelowFloor = ({ minParity }: Pick<Model, 'minParity'>, { parity }: Pick<Replica, 'parity'>): boolean =>
  parity !== undefined && parity < minParity

/** The state of a replica for one model: a replica that serves models of several floors may be too far off for this one. */
export const stateFor = (model: Pick<Model, 'minParity'>, replica: Replica): ReplicaState =>
  replica.state === 'serving' && isBelowFloor(model, replica) ? 'drifted' : replica.state

/** Whether a replica can be called for one model now. */
export const isCallable = (model: Pick<Model, 'minParity'>, replica: Replica): boolean =>
  stateFor(model, replica) === 'serving' && replica.bar() === undefined

/** Whether a tier can be called for one model: `serving` when a replica can be, a `BarReason` when all that serve are barred. */
export const callState = (model: Pick<Model, 'minParity'>, tier: Tier): ReplicaState | BarReason => {
  const state = tierState(model, tier)
  return (state === 'serving' && barOf(model, tier)?.reason) || state
}

/** Whether a tier can be called for one model, if only one call at a time. */
export const isAvailable = (model: Pick<Model, 'minParity'>, tier: Tier): boolean => {
  const state = callState(model, tier)
  return state === 'serving' || state === 'breaker_half_open'
}

/** What keeps all serving replicas of a tier from being called: of several bars the shortest. Undefined when none is barred. */
export const barOf = (model: Pick<Model, 'minParity'>, tier: Tier): Bar | undefined => {
  let shortest: Bar | undefined
  for (const replica of tier.replicas) {
    if (stateFor(model, replica) !== 'serving') continue
    const bar = replica.bar()
    if (!bar) return undefined
    if (!shortest || bar.retryAfterMs < shortest.retryAfterMs) shortest = bar
  }
  return shortest
}

/** The state of a tier for one model: `serving` when at least one replica serves. */
export const tierState = (model: Pick<Model, 'minParity'>, tier: Tier): ReplicaState => {
  let best = tellingStates.length - 1
  for (const replica of tier.replicas) best = Math.min(best, tellingStates.indexOf(stateFor(model, replica)))
  return tellingStates[best] ?? 'closed'
}

/** What a health page shows of a tier. */
export const tierStatus = (model: Pick<Model, 'minParity'>, tier: Tier): TierStatus => ({
  name: tier.name,
  tier: tier.position,
  computing: tier.computing,
  available: isAvailable(model, tier),
  ...(tier.detail !== undefined && { detail: tier.detail }),
  replicas: tier.replicas.map((replica) => ({ ...replica.status(), state: stateFor(model, replica) })),
})
