import type { FastifyInstance } from 'fastify'
import type { ReplicaStatus, ServedModel } from '../../gateway/core/served-model.ts'
import type { HealthComponent } from './component.ts'

/**
 * For every served model at least one computing tier can be called, unless all are remote: engines that all gateways share
 * are no reason to take this one out of service.
 */
export const modelsComponent = (app: FastifyInstance): HealthComponent => ({
  name: 'models',
  ready: true,
  check: () => {
    const served = app.models.list()
    const dead = served.filter((model) => !canCompute(model) && !isAllRemote(model))
    return {
      ok: dead.length === 0,
      ...(dead.length > 0 && { detail: dead.map(whyNot).join('; ') }),
      facts: Object.fromEntries(served.map((each) => [each.model.name, chainFacts(each)])),
    }
  },
})

/** Devices of this machine that are not called optional. One that is missing or down makes the gateway unready. */
export const devicesComponent = (app: FastifyInstance): HealthComponent => ({
  name: 'devices',
  ready: true,
  check: () => {
    const replicas = app.backends.replicas()
    const missing = replicas.filter((each) => isRequired(each) && isLost(each) && replicas.every(lostToo(each.backend)))
    return { ok: missing.length === 0, ...(missing.length > 0 && { detail: missing.map(describeLost).join('; ') }) }
  },
})

const canCompute = (served: ServedModel): boolean =>
  served.tiers().some(({ computing, available }) => computing && available)

const isAllRemote = (served: ServedModel): boolean =>
  served
    .tiers()
    .filter(({ computing }) => computing)
    .every(({ replicas }) => replicas.every(({ remote }) => remote === true))

const whyNot = (served: ServedModel): string => {
  const states = served
    .tiers()
    .filter(({ computing }) => computing)
    .map(({ name, replicas }) => `${name} ${replicas.map(({ state, barredBy }) => barredBy ?? state).join(', ')}`)
  return `no computing tier of ${served.model.name} can be called (${states.join('; ')})`
}

const chainFacts = (served: ServedModel): object => ({
  space: served.model.spaceId,
  tiers: served.tiers().map(({ name, computing, available }) => ({ name, computing, available })),
})

const isRequired = ({ computing, optional, remote }: ReplicaStatus): boolean => computing && !optional && !remote

const isLost = ({ state }: ReplicaStatus): boolean => state === 'absent' || state === 'down'

const lostToo =
  (backend: string) =>
  (replica: ReplicaStatus): boolean =>
    replica.backend !== backend || isLost(replica)

const describeLost = ({ backend, state, detail }: ReplicaStatus): string =>
  `${backend} is required and ${state}${detail === undefined ? '' : `: ${detail}`} (if this machine may lack it, set optional: true)`
