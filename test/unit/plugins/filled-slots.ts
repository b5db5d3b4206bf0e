import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Clock } from '../../../gateway/core/clock.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import { noMeter } from '../../../gateway/core/meter.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { gatewayHealth } from '../../../plugins/health/health.ts'

/** The layers that plugins put into the chain, by slot. */
export const filledSlots = async (
  register: (app: FastifyInstance) => PromiseLike<unknown>,
  { layers = new Map(), clock = fakeClock() }: { layers?: Map<string, Layer>; clock?: Clock } = {},
): Promise<ReadonlyMap<string, Layer>> => {
  const app = Fastify()
  app.decorate('clock', clock)
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
  const health = fp(async (instance) => void instance.decorate('health', gatewayHealth(clock)), { name: 'health' })
  await app.register(chain)
  await app.register(health)
  await register(app)
  return layers
}
