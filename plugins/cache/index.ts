import fp from 'fastify-plugin'
import type { Static } from 'typebox'
import type { CacheConfig } from '../../gateway/config/schema.ts'
import { reasonOf } from '../../gateway/core/errors.ts'
import { cacheLayer, type LookupResult } from './cache-layer.ts'
import { guardedStore } from './guarded-store.ts'

/** Options of the plugin `cache`: the section `cache` of the configuration. */
export type CacheOptions = Static<typeof CacheConfig>

/** Puts the result cache in front of every model: hits are answered without the chain, also under overload. */
export default fp<CacheOptions>(
  async (app, { ttlMs }) => {
    const { tier } = app.store
    const requests = app.meter.counter('cache_requests_total', 'Texts looked up in the cache.', ['tier', 'result'])
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
    const count = (result: LookupResult, texts: number): void => counters[result](texts)
    app.chain.fill('request.cache', cacheLayer({ store, clock: app.clock, ttlMs, count }))
  },
  { name: 'cache', dependencies: ['chain', 'store'] },
)
