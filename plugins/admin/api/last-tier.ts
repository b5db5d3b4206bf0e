import { GatewayError } from '../../../gateway/core/errors.ts'
import type { ReplicaStatus, ServedModel } from '../../../gateway/core/served-model.ts'

/** What is about to be taken out of its chains: a backend, or one of its replicas. */
export interface TakenOut {
  readonly backend: string
  readonly replica?: number
}

/**
 * Refuses to take away the last that can compute a model now. A model that nothing can compute anyway is no reason.
 *
 * @throws GatewayError `EG_LAST_TIER` naming the models
 */
export const keepLastTier = (models: readonly ServedModel[], taken: TakenOut): void => {
  const stranded = models.filter((served) => {
    const callable = callableOf(served)
    return callable.length > 0 && callable.every((replica) => isTaken(replica, taken))
  })
  if (stranded.length === 0) return
  const names = stranded.map(({ model }) => model.name).join(', ')
  const message = `nothing else can compute ${names} now, and requests would fail: add ?force=true if that is what you want`
  throw new GatewayError('EG_LAST_TIER', message, { param: 'force' })
}

const callableOf = (served: ServedModel): ReplicaStatus[] =>
  served
    .tiers()
    .filter(({ computing }) => computing)
    .flatMap(({ replicas }) => replicas)
    .filter(
      ({ state, barredBy }) => state === 'serving' && (barredBy === undefined || barredBy === 'breaker_half_open'),
    )

const isTaken = (replica: ReplicaStatus, taken: TakenOut): boolean =>
  replica.backend === taken.backend && (taken.replica ?? replica.replica) === replica.replica
