import { setTimeout as pause } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import type { ServedModel } from '../../core/served-model.ts'
import { damagedModel } from '../local/damaged-model.ts'

/** How often the chains are looked at. */
const lookMs = 20
/** How often backends that are down are asked why: some are other machines. */
const askMs = 1_000

/**
 * Waits until every model has been served once, or the gateway is closed.
 *
 * @param onServing told of each model when its first computing tier serves
 * @throws GatewayError `EG_MODEL_CORRUPT` when a model's files are damaged, so that it never will be
 */
export const untilServed = async (
  app: FastifyInstance,
  onServing: (model: string, tier: string) => void,
): Promise<void> => {
  let waiting = app.models.list()
  let askAtMs = 0
  while (waiting.length > 0 && !isClosed(waiting)) {
    waiting = waiting.filter((served) => {
      const tier = servingTier(served)
      if (tier !== undefined) onServing(served.model.name, tier)
      return tier === undefined
    })
    if (waiting.some(isDown) && app.clock.now() >= askAtMs) {
      askAtMs = app.clock.now() + askMs
      const damaged = await damagedModel(app, waiting)
      if (damaged) throw damaged
    }
    // Nothing but this may be left of a process that stops.
    await pause(lookMs, undefined, { ref: false })
  }
}

const servingTier = (served: ServedModel): string | undefined =>
  served.tiers().find(({ computing, available }) => computing && available)?.name

const isDown = (served: ServedModel): boolean =>
  served.tiers().some(({ replicas }) => replicas.some(({ state }) => state === 'down'))

const isClosed = (models: readonly ServedModel[]): boolean =>
  models.some((served) => served.tiers().some(({ replicas }) => replicas.some(({ state }) => state === 'closed')))
