import type { Model } from '../../../../gateway/core/model.ts'
import type { ReplicaStatus, ServedModel, TierStatus } from '../../../../gateway/core/served-model.ts'

/** A tier of one replica, which serves unless told otherwise. */
export const tier = (name: string, replica: Partial<ReplicaStatus> = {}): TierStatus => {
  const status: ReplicaStatus = {
    backend: name,
    replica: 0,
    kind: 'onnx',
    computing: true,
    optional: false,
    state: 'serving',
    sinceMs: 0,
    inFlight: 0,
    ...replica,
  }
  const available = status.state === 'serving' && (status.barredBy ?? 'breaker_half_open') === 'breaker_half_open'
  return { name, tier: 0, computing: status.computing, available, replicas: [status] }
}

/** A model that is served by these tiers. */
export const servedModel = (name: string, tiers: readonly TierStatus[]): ServedModel => ({
  model: { name, aliases: [], spaceId: '0123456789abcdef', minParity: 0.999 } as unknown as Model,
  embed: () => Promise.reject(new Error('nobody asks')),
  tiers: () => tiers,
})
