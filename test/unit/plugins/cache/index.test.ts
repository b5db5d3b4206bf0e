import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { afterEach, describe, expect, it } from 'vitest'
import type { Layer } from '../../../../gateway/core/layer.ts'
import type { Drift } from '../../../../gateway/core/served-model.ts'
import { batchOf, callOf, fakeClock } from '../../../../gateway/testing/index.ts'
import cache from '../../../../plugins/cache/index.ts'
import store from '../../../../store/index.ts'
import { recordingMeter } from '../../store/recording-meter.ts'
import { answerOf, model } from './fixtures.ts'

describe('cache plugin', () => {
  let app: FastifyInstance
  afterEach(() => app.close())

  const setUp = async () => {
    const meter = recordingMeter()
    const filled = new Map<string, Layer>()
    const listeners: ((drift: Drift) => void)[] = []
    const chain = fp(
      async (instance: FastifyInstance) => {
        instance.decorate('chain', {
          fill: (slot, layer) => void filled.set(slot, layer),
          gate: () => {},
          onDrift: (listener) => void listeners.push(listener),
        })
      },
      { name: 'chain' },
    )
    app = Fastify()
    app.decorate('clock', fakeClock())
    app.decorate('meter', meter)
    await app.register(chain)
    await app.register(store, { memoryBytes: 1 << 20, ttlMs: 1_000, staleTtlMs: 2_000 })
    await app.register(cache, { memoryBytes: 1 << 20, ttlMs: 1_000, staleTtlMs: 2_000 })
    return { meter, filled, tellOfDrift: (drift: Drift) => listeners.forEach((listener) => listener(drift)) }
  }

  it('fills its slot with a layer over the store of the app, and counts what lookups come to', async () => {
    const { meter, filled } = await setUp()
    expect([...filled.keys()]).toEqual(['request.cache'])
    const embed = filled.get('request.cache')?.(async ({ texts }) => answerOf(texts), { model })
    const ask = (texts: readonly string[]) => embed?.(batchOf(texts, { space: model.spaceId }), callOf(app.clock))
    await ask(['a', 'b'])
    await ask(['a', 'c'])
    expect(meter.values()).toMatchObject({
      'cache_requests_total{memory,hit}': 1,
      'cache_requests_total{memory,miss}': 3,
    })
    expect(app.store.level().entries).toBe(3)
  })

  it('drops what was stored since the time of a drift, of that space only, and stores nothing that comes late', async () => {
    const { filled, tellOfDrift } = await setUp()
    let drifts = (): void => {}
    const embed = filled.get('request.cache')?.(
      async ({ texts }) => {
        drifts()
        return answerOf(texts)
      },
      { model },
    )
    const ask = (texts: readonly string[]) => embed?.(batchOf(texts, { space: model.spaceId }), callOf(app.clock))
    await ask(['a', 'b'])
    tellOfDrift({ space: '0000000000000000', sinceMs: 0 })
    expect(app.store.level().entries).toBe(2)
    tellOfDrift({ space: model.spaceId, sinceMs: app.clock.wallNow() + 1 })
    expect(app.store.level().entries).toBe(2)
    tellOfDrift({ space: model.spaceId, sinceMs: app.clock.wallNow() })
    expect(app.store.level().entries).toBe(0)
    drifts = () => tellOfDrift({ space: model.spaceId, sinceMs: 0 })
    await ask(['late'])
    expect(app.store.level().entries).toBe(0)
  })

  it('counts a store that fails, and answers', async () => {
    const { meter, filled } = await setUp()
    app.store.getMany = () => Promise.reject(new Error('broken'))
    const embed = filled.get('request.cache')?.(async ({ texts }) => answerOf(texts), { model })
    const answer = await embed?.(batchOf(['a'], { space: model.spaceId }), callOf(app.clock))
    expect(answer?.vectors).toEqual(answerOf(['a']).vectors)
    expect(meter.values()).toMatchObject({ 'cache_requests_total{memory,error}': 1 })
  })
})
