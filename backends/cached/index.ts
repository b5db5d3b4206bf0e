import fp from 'fastify-plugin'
import { Type, type Static } from 'typebox'
import type { CacheConfig } from '../../gateway/config/schema.ts'
import { staleReader } from './stale-reader.ts'

/** Options of the plugin `backend-cached`: the section `cache` of the configuration. */
export type CachedOptions = Static<typeof CacheConfig>

/** Registers the kind `cached`: stored results, when nothing can compute. It has no options of its own. */
export default fp<CachedOptions>(
  async (app, { staleTtlMs }) => {
    app.backends.register('cached', {
      options: Type.Object({}, { additionalProperties: false }),
      create: ({ name, clock }) => staleReader({ name, store: app.store, clock, staleTtlMs }),
    })
  },
  { name: 'backend-cached', dependencies: ['chain', 'store'] },
)
