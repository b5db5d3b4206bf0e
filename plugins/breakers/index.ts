import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import type { Gate } from '../../gateway/core/served-model.ts'
import { breakerLayer } from './breaker-layer.ts'
import { countTransitions, showBreakers } from './breaker-metrics.ts'
import { breakerRegistry, type Breakers } from './breakers.ts'
import { breakersComponent } from './breakers-component.ts'
import { logTransition } from './log-transition.ts'
import { probeLimit } from './probe-limit.ts'

declare module 'fastify' {
  interface FastifyInstance {
    breakers: Breakers
  }
}

/** The sections of the configuration that say when breakers open and how long a probe may take. */
export interface BreakersPluginOptions extends Pick<Config, 'breaker' | 'timeouts'> {
  /** Uniform in [0, 1); `Math.random` by default. */
  readonly random?: () => number
}

/** A breaker for each replica that computes. A reader of stored results has none: a miss is no failure. */
export default fp<BreakersPluginOptions>(
  async (app, { breaker: section, timeouts, random = Math.random }) => {
    const count = countTransitions(app.meter)
    const breakers = breakerRegistry({
      clock: app.clock,
      random,
      section,
      onTransition: (key, transition) => {
        count(key, transition)
        logTransition(app.log, key, transition)
      },
    })
    app.decorate('breakers', breakers)
    app.chain.gate((configured) => (configured.backend.computing ? breakers.of(configured) : neverBarred))
    app.chain.fill('try.breaker', (next, where) => {
      const { backend, policy = {} } = where
      return backend?.computing === true
        ? breakerLayer(breakers.of({ backend, policy }), probeLimit(timeouts.inferenceMs, where))(next, where)
        : next
    })
    showBreakers(app.meter, breakers)
    app.health.add(breakersComponent(breakers))
  },
  { name: 'breakers', dependencies: ['chain', 'metrics', 'health'] },
)

const neverBarred: Gate = { bar: () => undefined }
