import fp from 'fastify-plugin'
import type { Static } from 'typebox'
import type { CacheConfig } from '../../gateway/config/schema.ts'
import { reasonOf } from '../../gateway/core/errors.ts'
import type { SpaceId } from '../../gateway/core/space.ts'
import { cacheLayer, type LookupResult } from './cache-layer.ts'
import { guardedStore } from './guarded-store.ts'

/** Options of the plugin `cache`: the section `cache` of the configuration. */
export type CacheOptions = Static<typeof CacheConfig>

/**
 * Puts the result cache in front of every model: hits are answered without the chain, also under overload. When a replica
 * drifts, what was stored since it was last known to be right is dropped.
 */
export default fp<CacheOptions>(
  async (app, { ttlMs }) => {
    const { tier } = app.store
    const requests = app.meter.counter('cache_requests_total', 'Texts looked up in a cache tier, by what was found.', [
      'tier',
      'result',
    ])
    const counters: Record<LookupResult, (by: number) => void> = {
      hit: requests({ tier, result: 'hit' }),
      miss: requests({ tier, result: 'miss' }),
      stale: requests({ tier, result: 'stale' }),
    }
    const failed = requests({ tier, result: 'error' })
    const store = guardedStore({
      store: app.store,
      clock: app.clock,
      onError: (error) => {
        failed()
        app.log.warn({ tier, reason: reasonOf(error) }, error instanceof Error ? error.message : 'the cache failed')
      },
    })
    const drifts = new Map<SpaceId, number>()
    app.chain.onDrift(({ space, sinceMs }) => {
      drifts.set(space, (drifts.get(space) ?? 0) + 1)
      app.store.distrust(space, sinceMs)
      const since = new Date(sinceMs).toISOString()
      app.log.warn({ tier, space, since }, 'a backend has drifted: what was stored since it was last right is dropped')
    })
    const driftsOf = (space: SpaceId): number => drifts.get(space) ?? 0
    const count = (result: LookupResult, texts: number): void => counters[result](texts)
    app.chain.fill('request.cache', cacheLayer({ store, clock: app.clock, ttlMs, driftsOf, count }))
  },
  { name: 'cache', dependencies: ['chain', 'store'] },
)
