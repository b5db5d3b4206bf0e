import fp from 'fastify-plugin'
import { auditLog } from './audit.ts'
import { backendRoutes } from './backends.ts'
import { breakerRoutes } from './circuit-breakers.ts'
import { cacheRoutes } from './cache.ts'
import { configRoutes } from './config.ts'
import { drains, type Drains } from './drains.ts'
import { observationRoutes } from './observation.ts'

declare module 'fastify' {
  interface FastifyInstance {
    drains: Drains
  }
}

/** What operators can see and change over `app.admin`. It comes after all that it shows. */
export default fp(
  async (app) => {
    const drained = drains(app.clock)
    app.decorate('drains', drained)
    app.chain.gate(drained.gate)
    const audit = auditLog(app.log)
    observationRoutes(app)
    backendRoutes(app, drained, audit)
    breakerRoutes(app, audit)
    cacheRoutes(app, audit)
    configRoutes(app, audit)
  },
  { name: 'admin-api', dependencies: ['admin', 'admin-settings', 'chain', 'metrics', 'health', 'breakers', 'store'] },
)
