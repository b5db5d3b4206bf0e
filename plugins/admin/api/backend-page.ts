import type { FastifyInstance } from 'fastify'
import type { ReplicaStatus } from '../../../gateway/core/served-model.ts'
import type { BreakerKey } from '../../breakers/breakers.ts'
import type { BreakerStatus } from '../../breakers/status.ts'
import type { Drains } from './drains.ts'

/** What operators see of one backend: where its models have it, and each replica with its breaker. */
export const backendPage = (
  app: Pick<FastifyInstance, 'backends' | 'breakers' | 'models'>,
  drained: Pick<Drains, 'has'>,
  name: string,
) => {
  const replicas = app.backends.replicas().filter(({ backend }) => backend === name)
  const breakers = app.breakers.list().filter(({ backend }) => backend === name)
  const breakerOf = (replica: number) => breakers.find((each) => each.replica === replica)
  return {
    name,
    kind: replicas[0]?.kind,
    computing: replicas[0]?.computing,
    drained: drained.has(name),
    models: app.models.list().flatMap((served) => {
      const tier = served.tiers().find((each) => each.name === name)
      return tier ? [{ model: served.model.name, tier: tier.tier, available: tier.available }] : []
    }),
    replicas: replicas.map((status) => replicaPage(status, breakerOf(status.replica))),
  }
}

const replicaPage = (status: ReplicaStatus, breaker: (BreakerKey & BreakerStatus) | undefined) => {
  const { backend: _ofReplica, kind: _kind, computing: _computing, ...own } = status
  if (!breaker) return own
  const { backend: _ofBreaker, replica: _number, ...state } = breaker
  return { ...own, breaker: state }
}
