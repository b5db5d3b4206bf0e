import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { ReplicaStatus } from '../../core/served-model.ts'

const lookMs = 20

/**
 * Waits until no backend is on its way up any more, or `limitMs` have passed.
 *
 * @returns every replica as it then is
 */
export const settledReplicas = async (app: FastifyInstance, limitMs: number): Promise<readonly ReplicaStatus[]> => {
  const untilMs = app.clock.now() + limitMs
  while (app.backends.replicas().some(isOnItsWay) && app.clock.now() < untilMs) await pause(lookMs)
  return app.backends.replicas()
}

const isOnItsWay = ({ state }: ReplicaStatus): boolean => state === 'starting' || state === 'probing'

/** Waits until a model has a tier that computes, or none can come; see `settledReplicas`. */
export const untilServing = async (app: FastifyInstance, model: string, limitMs: number): Promise<void> => {
  const untilMs = app.clock.now() + limitMs
  const isServing = (): boolean =>
    app.models
      .find(model)
      ?.tiers()
      .some(({ computing, available }) => computing && available) ?? true
  const isHopeless = (): boolean =>
    app.backends
      .replicas()
      .every(({ state, computing }) => !computing || state === 'absent' || state === 'drifted' || state === 'down')
  while (!isServing() && !isHopeless() && app.clock.now() < untilMs) await pause(lookMs)
}
