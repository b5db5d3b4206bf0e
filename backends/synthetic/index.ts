import fp from 'fastify-plugin'
import { SyntheticOptions } from './options.ts'
import { syntheticBackend } from './synthetic-backend.ts'

export { syntheticSpace } from './synthetic-backend.ts'
export { syntheticVector } from './vector.ts'

/** Registers the kind `synthetic`. */
export default fp(
  async (app) => {
    app.backends.register('synthetic', { options: SyntheticOptions, create: syntheticBackend })
  },
  { name: 'backend-synthetic', dependencies: ['chain'] },
)
