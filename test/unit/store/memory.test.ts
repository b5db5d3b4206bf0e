import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { createArena, type Arena } from '../../../store/arena.ts'
import { keyScope, resultKey } from '../../../store/key.ts'
import { memoryStore, type EvictionReason } from '../../../store/memory.ts'
import type { StoredResult } from '../../../store/store.ts'

const resultOf = (seed: number, dims = 384): StoredResult => ({
  vector: Float32Array.from({ length: dims }, (_, index) => Math.sin(seed * 1000 + index)),
  tokens: seed,
  truncated: false,
  parity: 1,
  storedAtMs: 1_700_000_000_000,
})

const stored = (found: object | undefined): unknown => found && { ...found, memo: undefined }

describe('memory store', () => {
  it('finds what was put, in the order of the keys, and nothing else', async () => {
    const store = memoryStore({ maxBytes: 1 << 20 })
    await store.putMany([
      ['a', resultOf(1)],
      ['b', resultOf(2)],
    ])
    const found = await store.getMany(['b', 'x', 'a', 'b'])
    expect(found.map(stored)).toEqual([resultOf(2), undefined, resultOf(1), resultOf(2)])
  })

  it('keeps a copy: changing the array that was put changes nothing', async () => {
    const store = memoryStore({ maxBytes: 1 << 20 })
    const result = resultOf(1)
    await store.putMany([['a', result]])
    result.vector.fill(7)
    expect((await store.getMany(['a']))[0]?.vector).toEqual(resultOf(1).vector)
  })

  it('hands out copies that stay as they are while the store recycles its memory', async () => {
    const store = memoryStore({ maxBytes: 8_000 })
    await store.putMany([['a', resultOf(1)]])
    const [found] = await store.getMany(['a'])
    for (let seed = 2; seed < 50; seed++) await store.putMany([[`k${seed}`, resultOf(seed)]])
    expect(found?.vector).toEqual(resultOf(1).vector)
    expect(await store.getMany(['a'])).toEqual([undefined])
  })

  it('replaces an older result of the same key', async () => {
    const store = memoryStore({ maxBytes: 1 << 20 })
    await store.putMany([['a', resultOf(1)]])
    await store.putMany([['a', resultOf(2, 8)]])
    expect((await store.getMany(['a'])).map(stored)).toEqual([resultOf(2, 8)])
    expect(store.level().entries).toBe(1)
  })

  it('drops the least recently used first, and says so', async () => {
    const evicted: [EvictionReason, number][] = []
    const store = memoryStore({ maxBytes: 6_000, onEvict: (...event) => evicted.push(event) })
    await store.putMany([
      ['a', resultOf(1)],
      ['b', resultOf(2)],
    ])
    await store.getMany(['a'])
    await store.putMany([['c', resultOf(3)]])
    expect((await store.getMany(['a', 'b', 'c'])).map((found) => found?.tokens)).toEqual([1, undefined, 3])
    expect(evicted).toEqual([['size', 1]])
  })

  it('does not keep the older result of a key whose newer one is larger than the whole tier', async () => {
    const store = memoryStore({ maxBytes: 6_000 })
    await store.putMany([['a', resultOf(1)]])
    await store.putMany([['a', resultOf(2, 4096)]])
    expect(await store.getMany(['a'])).toEqual([undefined])
  })

  it('does not store a result that is larger than the whole tier', async () => {
    const store = memoryStore({ maxBytes: 6_000 })
    await store.putMany([
      ['small', resultOf(1)],
      ['large', resultOf(2, 4096)],
    ])
    expect((await store.getMany(['small', 'large'])).map((found) => found?.tokens)).toEqual([1, undefined])
  })

  it('never passes its bound, whatever is put, found and memorised', async () => {
    const operation = fc.record({
      key: fc.integer({ min: 0, max: 40 }),
      dims: fc.constantFrom(1, 8, 100, 384, 768),
      memo: fc.option(fc.integer({ min: 0, max: 9_000 })),
    })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60_000 }),
        fc.array(operation, { maxLength: 60 }),
        async (maxBytes, operations) => {
          const store = memoryStore({ maxBytes })
          const last = new Map<string, StoredResult>()
          for (const { key, dims, memo } of operations) {
            const name = `k${key}`
            last.set(name, resultOf(key + dims, dims))
            await store.putMany([[name, resultOf(key + dims, dims)]])
            const [found] = await store.getMany([name])
            if (memo !== null) found?.memo?.set('float', new Uint8Array(memo))
            expect(store.level().bytes).toBeLessThanOrEqual(maxBytes)
          }
          const names = [...last.keys()]
          const found = await store.getMany(names)
          found.forEach((one, index) => {
            if (one) expect(stored(one)).toEqual(last.get(names[index] ?? ''))
          })
        },
      ),
      { numRuns: 50 },
    )
  })

  it('never serves a damaged entry: drops and counts it', async () => {
    const evicted: [EvictionReason, number][] = []
    const store = memoryStore({
      maxBytes: 1 << 20,
      arena: bitFlippingArena,
      onEvict: (...event) => evicted.push(event),
    })
    await store.putMany([['a', resultOf(1)]])
    expect(await store.getMany(['a', 'a'])).toEqual([undefined, undefined])
    expect(evicted).toEqual([['damaged', 1]])
    expect(store.level()).toMatchObject({ entries: 0, bytes: 0 })
  })

  it("never serves one entry's bytes under another's key, even if its memory is mixed up", async () => {
    const store = memoryStore({
      maxBytes: 1 << 20,
      arena: (capacity) => ({ ...createArena(capacity), free: () => {} }),
    })
    const mixed = memoryStore({ maxBytes: 1 << 20, arena: alwaysFirstBlock })
    for (const one of [store, mixed]) {
      await one.putMany([
        ['a', resultOf(1)],
        ['b', resultOf(2)],
      ])
    }
    expect((await store.getMany(['a', 'b'])).map((found) => found?.tokens)).toEqual([1, 2])
    expect((await mixed.getMany(['a', 'b'])).map((found) => found?.tokens)).toEqual([1, undefined])
  })

  it('clears only what was stored since a time, and frees its memory', async () => {
    const store = memoryStore({ maxBytes: 1 << 20 })
    const scope = keyScope('0123456789abcdef', 't')
    const other = resultKey(keyScope('fedcba9876543210', 't'), 'text')
    const times = [10, 20, 30, 20, 10]
    const keys = times.map((_, index) => resultKey(scope, `${index}`))
    await store.putMany(keys.map((key, index) => [key, { ...resultOf(index), storedAtMs: times[index] ?? 0 }]))
    await store.putMany([[other, { ...resultOf(9), storedAtMs: 30 }]])
    const each = store.level().bytes / 6
    await store.clear({ space: '0123456789abcdef', storedSinceMs: 20 })
    const found = await store.getMany([...keys, other])
    expect(found.map((one) => one?.storedAtMs)).toEqual([10, undefined, undefined, undefined, 10, 30])
    expect(store.level()).toMatchObject({ entries: 3, bytes: 3 * each })
    await store.clear({ storedSinceMs: 30 })
    expect(store.level().entries).toBe(2)
  })

  it('clears one space, one tenant, one tenant of one space, or everything', async () => {
    const spaces = ['0123456789abcdef', 'fedcba9876543210']
    const keys = spaces.flatMap((space) => ['t1', 't2'].map((tenant) => resultKey(keyScope(space, tenant), 'text')))
    const left = async (scope: { space?: string; tenant?: string }): Promise<number[]> => {
      const store = memoryStore({ maxBytes: 1 << 20 })
      await store.putMany(keys.map((key, index) => [key, resultOf(index)]))
      await store.clear(scope)
      const found = await store.getMany(keys)
      return keys.flatMap((_, index) => (found[index] ? [index] : []))
    }
    expect(await left({})).toEqual([])
    expect(await left({ space: '0123456789abcdef' })).toEqual([2, 3])
    expect(await left({ tenant: 't2' })).toEqual([0, 2])
    expect(await left({ space: 'fedcba9876543210', tenant: 't1' })).toEqual([0, 1, 3])
    expect(await left({ space: 'unknown' })).toEqual([0, 1, 2, 3])
  })

  it('gives all of its memory back when it is scarce, says so, and can be used again', async () => {
    const evicted: [EvictionReason, number][] = []
    const store = memoryStore({ maxBytes: 1 << 20, onEvict: (...what) => evicted.push(what) })
    await store.putMany([
      ['a', resultOf(1)],
      ['b', resultOf(2)],
    ])
    store.dropMemory()
    expect(store.level()).toMatchObject({ entries: 0, bytes: 0 })
    expect(evicted).toEqual([['memory', 2]])
    await store.putMany([['a', resultOf(3)]])
    expect(stored((await store.getMany(['a']))[0])).toEqual(resultOf(3))
  })

  it('can be used again after it was cleared', async () => {
    const store = memoryStore({ maxBytes: 6_000 })
    for (let round = 0; round < 20; round++) {
      await store.putMany([[`k${round}`, resultOf(round)]])
      await store.clear()
    }
    expect(store.level()).toEqual({ entries: 0, bytes: 0, maxBytes: 6_000 })
    await store.putMany([['a', resultOf(1)]])
    expect((await store.getMany(['a']))[0]?.tokens).toBe(1)
  })

  it('finds nothing and keeps nothing once it is closed', async () => {
    const store = memoryStore({ maxBytes: 1 << 20 })
    await store.putMany([['a', resultOf(1)]])
    await store.close()
    await store.putMany([['b', resultOf(2)]])
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined])
  })
})

const bitFlippingArena = (capacity: number): Arena => {
  const arena = createArena(capacity)
  return {
    ...arena,
    read: (start, target) => {
      arena.read(start, target)
      target[100] = (target[100] ?? 0) ^ 4
    },
  }
}

const alwaysFirstBlock = (capacity: number): Arena => {
  const arena = createArena(capacity)
  return { ...arena, read: (_start, target) => arena.read(0, target) }
}
