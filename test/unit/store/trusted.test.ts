import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../gateway/testing/fake-clock.ts'
import { keyScope, resultKey } from '../../../store/key.ts'
import { memoryStore } from '../../../store/memory.ts'
import type { FoundResults, ResultKey, ResultStore, StoredResult } from '../../../store/store.ts'
import { trustedStore } from '../../../store/trusted.ts'

const [own, other] = ['0123456789abcdef', 'fedcba9876543210'] as const
const keyOf = (space: string, text = 'text', tenant = 't'): ResultKey => resultKey(keyScope(space, tenant), text)
const resultAt = (storedAtMs: number): StoredResult => ({
  vector: Float32Array.of(1, 0),
  tokens: 1,
  truncated: false,
  parity: 1,
  storedAtMs,
})

const setUp = (over: Partial<ResultStore> = {}) => {
  const clock = fakeClock(1_000)
  const tier = { ...memoryStore({ maxBytes: 1 << 20 }), ...over }
  const errors: unknown[] = []
  const store = trustedStore({ store: tier, clock, onError: (error) => errors.push(error) })
  const found = async (...keys: ResultKey[]): Promise<boolean[]> => {
    const results = await store.getMany(keys)
    return keys.map((_, row) => results[row] !== undefined)
  }
  return { clock, tier, store, errors, found }
}

const failing = { clear: () => Promise.reject(new Error('broken')) }

describe('a trusted store', () => {
  it.each([
    ['drops it', {}],
    ['cannot drop it', failing],
    ['never answers', { clear: () => new Promise<void>(() => {}) }],
  ])('finds nothing of a space that was stored in the time, all else, when the tier %s', async (_what, over) => {
    const { clock, store, found } = setUp(over)
    const keys = [keyOf(own, 'before'), keyOf(own, 'since'), keyOf(own, 'then', 'u'), keyOf(other, 'then')]
    await store.putMany(keys.map((key, index) => [key, resultAt([499, 500, 1_000, 1_000][index] ?? 0)]))
    store.distrust(own, 500)
    await clock.advance(1)
    await store.putMany([[keyOf(own, 'after'), resultAt(clock.wallNow())]])
    expect(await found(...keys, keyOf(own, 'after'))).toEqual([true, false, false, true, true])
  })

  it('finds nothing that a read under way brings', async () => {
    const read = withResolvers<FoundResults>()
    const { store, found } = setUp({ getMany: () => read.promise })
    const asked = found(keyOf(own), keyOf(other))
    store.distrust(own, 0)
    read.resolve([resultAt(900), resultAt(900)])
    expect(await asked).toEqual([false, true])
  })

  it('finds nothing that the tier stores late', async () => {
    const { tier, store, found } = setUp()
    store.distrust(own, 0)
    await tier.putMany([[keyOf(own), resultAt(999)]])
    expect(await found(keyOf(own))).toEqual([false])
  })

  it('answers at once what the tier answers at once', () => {
    const { store } = setUp()
    expect(store.getMany([keyOf(own)])).toEqual([undefined])
    store.distrust(own, 0)
    expect(store.getMany([keyOf(own)])).toEqual([undefined])
  })

  it('drops again every minute until the tier has done it, once for all drifts, and reports each failure', async () => {
    const cleared: unknown[] = []
    let works = false
    const { clock, store, errors } = setUp({
      clear: async (scope) => {
        cleared.push(scope)
        if (!works) throw new Error('broken')
      },
    })
    store.distrust(own, 700)
    await clock.advance(30_000)
    store.distrust(own, 20_000)
    await clock.advance(59_999)
    expect(cleared).toEqual([700, 700].map((storedSinceMs) => ({ space: own, storedSinceMs })))
    expect([errors.length, clock.pending]).toEqual([2, 1])
    works = true
    await clock.advance(1)
    expect(cleared).toHaveLength(3)
    await clock.advance(600_000)
    expect(cleared).toHaveLength(3)
  })

  it('leaves no timer when it is closed, not even for a failure that comes later', async () => {
    const late = withResolvers<void>()
    const waiting = setUp(failing)
    const clearing = setUp({ clear: () => late.promise })
    for (const { store } of [waiting, clearing]) store.distrust(own, 0)
    await waiting.clock.advance(1)
    for (const { store } of [waiting, clearing]) await store.close()
    late.reject(new Error('closed'))
    await clearing.clock.advance(1)
    expect([waiting.clock.pending, clearing.clock.pending]).toEqual([0, 0])
  })

  it('never finds what was stored in any of the times, however many there were', async () => {
    const step = fc.record({
      waitMs: fc.integer({ min: 1, max: 50 }),
      backMs: fc.option(fc.integer({ min: 0, max: 80 })),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { clock, store, found } = setUp(failing)
        const wrong = new Set<ResultKey>()
        const stored: [ResultKey, number][] = []
        for (const [index, { waitMs, backMs }] of steps.entries()) {
          await clock.advance(waitMs)
          const atMs = clock.wallNow()
          const key = keyOf(own, `text ${index}`)
          await store.putMany([[key, resultAt(atMs)]])
          stored.push([key, atMs])
          if (backMs === null) continue
          store.distrust(own, atMs - backMs)
          for (const [each, storedAtMs] of stored) if (storedAtMs >= atMs - backMs) wrong.add(each)
        }
        const results = await found(...wrong)
        expect(results.some(Boolean)).toBe(false)
      }),
      { numRuns: 50 },
    )
  })
})
