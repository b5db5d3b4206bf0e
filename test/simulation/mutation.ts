import type { FastifyInstance } from 'fastify'
import type { Layer } from '../../gateway/core/layer.ts'
import type { OpenSlot } from '../../gateway/core/order.ts'

/** A layer that is put in the place of the one that a plugin fills a slot with; undefined where none does. */
export type Mutation = Readonly<Partial<Record<OpenSlot, (real: Layer | undefined, app: FastifyInstance) => Layer>>>

/**
 * Puts the layers of a mutation where plugins put theirs: from now on, whatever fills a slot of it is replaced.
 *
 * @returns `fillRest` puts in what no plugin has filled a slot for
 */
export const swapLayers = (app: FastifyInstance, mutation: Mutation): { fillRest(): void } => {
  const waiting = new Map(Object.entries(mutation))
  const fill = app.chain.fill.bind(app.chain)
  app.chain.fill = (slot, layer) => {
    const mutate = waiting.get(slot)
    waiting.delete(slot)
    fill(slot, mutate ? mutate(layer, app) : layer)
  }
  return {
    fillRest: () => {
      for (const [slot, mutate] of waiting) fill(slot as OpenSlot, mutate(undefined, app))
    },
  }
}
