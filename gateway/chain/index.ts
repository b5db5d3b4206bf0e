import fp from 'fastify-plugin'
import '../decorators.ts'
import { reasonOf } from '../core/errors.ts'
import type { Layer } from '../core/layer.ts'
import type { OpenSlot } from '../core/order.ts'
import type { BackendEntry, ConfiguredBackend, Drift, Gate, ModelEntry, ServedModels } from '../core/served-model.ts'
import { backendRegistry } from './backend-kinds.ts'
import type { Replica } from './replica.ts'
import { serve } from './serve.ts'
import { servedModels } from './served-models.ts'
import { slots } from './slots.ts'

/** What there is to serve, parsed and with defaults. */
export interface ChainOptions {
  readonly backends: Readonly<Record<string, BackendEntry>>
  readonly models: Readonly<Record<string, ModelEntry>>
  /** Limit of a backend's start; 60 000 by default. */
  readonly modelLoadMs?: number
  /** Uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number
}

/**
 * Decorates `app.chain`, `app.backends` and `app.models`. When all plugins are loaded it puts the chains together and
 * starts the backends, without waiting for any: a request that comes too soon is told so. When the app is closed, and
 * HTTP has drained, it closes them.
 */
export default fp<ChainOptions>(
  async (app, options) => {
    const filled = slots()
    const registry = backendRegistry()
    let models: ServedModels = servedModels([])
    let replicas: readonly Replica[] = []
    app.decorate('chain', {
      fill: (slot: OpenSlot, layer: Layer) => filled.fill(slot, layer),
      gate: (gateOf: (configured: ConfiguredBackend) => Gate) => filled.gate(gateOf),
      onDrift: (listener: (drift: Drift) => void) => filled.onDrift(listener),
    })
    app.decorate('backends', registry)
    app.decorate('models', {
      find: (name: string) => models.find(name),
      list: () => models.list(),
    })

    app.addHook('onReady', async () => {
      filled.seal()
      const served = await serve({
        ...options,
        kinds: registry.kinds(),
        slots: filled,
        clock: app.clock,
        log: app.log,
        meter: app.meter,
        dataDir: app.dataDir,
        random: options.random ?? Math.random,
        onDrift: (drift) =>
          filled.tellOfDrift(drift, (error) =>
            app.log.error({ reason: reasonOf(error) }, 'a plugin failed at a drift'),
          ),
      })
      models = served.models
      replicas = served.replicas
      registry.use(replicas)
      for (const replica of replicas) replica.start()
    })
    app.addHook('onClose', async () => {
      await Promise.all(replicas.map((replica) => replica.close()))
    })
  },
  { name: 'chain' },
)
