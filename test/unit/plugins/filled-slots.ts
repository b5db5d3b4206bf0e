import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Layer } from '../../../gateway/core/layer.ts'
import { noMeter } from '../../../gateway/core/meter.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'

/** The layers that plugins put into the chain, by slot. */
export const filledSlots = async (
  register: (app: FastifyInstance) => PromiseLike<unknown>,
): Promise<ReadonlyMap<string, Layer>> => {
  const layers = new Map<string, Layer>()
  const app = Fastify()
  app.decorate('clock', fakeClock())
  app.decorate('meter', noMeter)
  const chain = fp(
    async (instance) => {
      instance.decorate('chain', {
        fill: (slot, layer) => void layers.set(slot, layer),
        gate: () => {},
        onDrift: () => {},
      })
    },
    { name: 'chain' },
  )
  await app.register(chain)
  await register(app)
  return layers
}
