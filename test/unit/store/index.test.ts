import Fastify, { type FastifyInstance } from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../../../gateway/testing/index.ts'
import store from '../../../store/index.ts'
import { meteredStore } from '../../../store/metered.ts'
import { memoryStore } from '../../../store/memory.ts'
import { recordingMeter } from './recording-meter.ts'

const result = { vector: Float32Array.of(1, 0), tokens: 1, truncated: false, parity: 1, storedAtMs: 0 }

describe('store plugin', () => {
  let app: FastifyInstance
  afterEach(() => app.close())

  const setUp = async (memoryBytes: number) => {
    const meter = recordingMeter()
    app = Fastify()
    app.decorate('clock', fakeClock())
    app.decorate('meter', meter)
    await app.register(store, { memoryBytes, ttlMs: 1, staleTtlMs: 1 })
    return meter
  }

  it('decorates the app with a store, and closes it with the app', async () => {
    await setUp(1 << 20)
    const kept = app.store
    await kept.putMany([['a', result]])
    expect((await kept.getMany(['a']))[0]?.tokens).toBe(1)
    await app.close()
    expect(await kept.getMany(['a'])).toEqual([undefined])
  })

  it('shows its level at each scrape, and counts evictions and operations', async () => {
    const meter = await setUp(2_000)
    await app.store.putMany([['a', result]])
    await app.store.putMany([
      ['b', result],
      ['c', result],
    ])
    await app.store.getMany(['a', 'c'])
    await app.store.clear()
    await app.store.putMany([['d', result]])
    meter.scrape()
    expect(meter.values()).toMatchObject({
      'cache_entries{memory}': 1,
      'cache_bytes{memory}': app.store.level().bytes,
      'cache_evictions_total{memory,size}': 1,
      'cache_evictions_total{memory,cleared}': 2,
      'cache_operation_duration_seconds{memory,get}': 1,
      'cache_operation_duration_seconds{memory,put}': 3,
      'cache_operation_duration_seconds{memory,clear}': 1,
    })
  })
})

describe('metered store', () => {
  it('measures an operation that fails, too, and lets it fail', async () => {
    const meter = recordingMeter()
    const broken = { ...memoryStore({ maxBytes: 2_000 }), getMany: () => Promise.reject(new Error('broken')) }
    await expect(meteredStore(broken, meter, fakeClock()).getMany(['a'])).rejects.toThrow('broken')
    expect(meter.values()).toMatchObject({ 'cache_operation_duration_seconds{memory,get}': 1 })
  })
})
