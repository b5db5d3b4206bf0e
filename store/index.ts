import fp from 'fastify-plugin'
import type { Static } from 'typebox'
import type { CacheConfig } from '../gateway/config/schema.ts'
import { reasonOf } from '../gateway/core/errors.ts'
import { memoryStore, type EvictionReason } from './memory.ts'
import { meteredStore } from './metered.ts'
import { trustedStore, type TrustedStore } from './trusted.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The cached results of this gateway. */
    store: TrustedStore
  }
}

/** Options of the plugin `store`: the section `cache` of the configuration. */
export type StoreOptions = Static<typeof CacheConfig>

/** Decorates `app.store` with the result store that the configuration describes; closes it with the app. */
export default fp<StoreOptions>(
  async (app, options) => {
    const tier = 'memory'
    const evictions = app.meter.counter('cache_evictions_total', 'Results that left a cache tier.', ['tier', 'reason'])
    const evicted: Record<EvictionReason, (by: number) => void> = {
      size: evictions({ tier, reason: 'size' }),
      damaged: evictions({ tier, reason: 'damaged' }),
      cleared: evictions({ tier, reason: 'cleared' }),
      memory: evictions({ tier, reason: 'memory' }),
    }
    const requests = app.meter.counter('cache_requests_total', 'Texts looked up in a cache tier, by what was found.', [
      'tier',
      'result',
    ])
    const failed = requests({ tier, result: 'error' })
    const memory = memoryStore({
      maxBytes: options.memoryBytes,
      onEvict: (reason, entries) => {
        evicted[reason](entries)
        if (reason !== 'damaged') return
        failed(entries)
        app.log.error({ tier }, 'a stored result was damaged and has been dropped')
      },
    })
    const store = trustedStore({
      store: meteredStore(memory, app.meter, app.clock),
      clock: app.clock,
      onError: (error) => {
        failed(1)
        app.log.error({ tier, reason: reasonOf(error) }, 'results that are not trusted could not be dropped')
      },
    })
    app.decorate('store', store)
    app.addHook('onClose', () => app.store.close())
  },
  { name: 'store' },
)
