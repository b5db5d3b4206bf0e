import { describe, expect, it } from 'vitest'
import { fakeClock } from '../../../../gateway/testing/index.ts'
import { guardedStore } from '../../../../plugins/cache/guarded-store.ts'
import { memoryStore } from '../../../../store/memory.ts'
import type { ResultKey, ResultStore, StoredResult } from '../../../../store/store.ts'
import { answerOf, cached } from './fixtures.ts'

const broken = (overrides: Partial<ResultStore>): ResultStore => ({
  ...memoryStore({ maxBytes: 1 << 20 }),
  ...overrides,
})
const never = <T>(): Promise<T> => new Promise<T>(() => {})
const results = (count: number): (readonly [ResultKey, StoredResult])[] =>
  Array.from({ length: count }, (_, row) => [
    `key ${row}`,
    { vector: Float32Array.of(1), tokens: 1, truncated: false, parity: 1, storedAtMs: 0 },
  ])

const guarded = (overrides: Partial<ResultStore>) => {
  const clock = fakeClock()
  const errors: unknown[] = []
  const store = guardedStore({ store: broken(overrides), clock, onError: (error) => errors.push(error) })
  return { store, clock, errors }
}

describe('guarded store', () => {
  it('finds nothing in a store that hangs, after 50 ms, and leaves no timer', async () => {
    const { store, clock, errors } = guarded({ getMany: never })
    let found: unknown
    void store.read(['a']).then((rows) => (found = rows))
    await clock.advance(49)
    expect(found).toBeUndefined()
    await clock.advance(1)
    expect(found).toEqual([])
    expect(errors).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('arms no timer for a store that answers at once', async () => {
    const { store, clock } = guarded({ getMany: () => [undefined] })
    const found = store.read(['a'])
    expect(clock.pending).toBe(0)
    expect(await found).toEqual([undefined])
  })

  it('does not wait again for a store that was late, until a second has passed', async () => {
    let reads = 0
    const { store, clock } = guarded({ getMany: () => (reads++, never()) })
    const first = store.read(['a'])
    await clock.advance(50)
    await first
    expect(await store.read(['a'])).toEqual([])
    expect(reads).toBe(1)
    await clock.advance(1_000)
    void store.read(['a'])
    expect(reads).toBe(2)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('broken'))],
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
  ])('finds nothing in a store that %s, at once', async (_, fail) => {
    const { store, clock, errors } = guarded({ getMany: fail, putMany: fail })
    expect(await store.read(['a'])).toEqual([])
    expect(() => store.write(results(1))).not.toThrow()
    await clock.advance(0)
    expect(errors).toHaveLength(2)
    expect(clock.pending).toBe(0)
  })

  it('bounds what waits to be stored, and stores again once writes are given up', async () => {
    let written = 0
    const { store, clock, errors } = guarded({
      putMany: (rows) => {
        written += rows.length
        return never()
      },
    })
    store.write(results(8_000))
    store.write(results(200))
    expect(written).toBe(8_000)
    expect(errors).toHaveLength(1)
    await clock.advance(5_000)
    store.write(results(200))
    expect(written).toBe(8_200)
  })

  it('drops what a late read brings', async () => {
    const answers: ((rows: []) => void)[] = []
    const { store, clock } = guarded({ getMany: () => new Promise((resolve) => answers.push(resolve)) })
    const read = store.read(['a'])
    await clock.advance(50)
    for (const answer of answers) answer([])
    expect(await read).toEqual([])
  })
})

describe('cache layer over a store that does not work', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['answers too few rows', async () => []],
  ])('answers every text when the store %s', async (_, getMany) => {
    const { ask } = cached({ store: broken({ getMany, putMany: () => Promise.reject(new Error('broken')) }) })
    expect((await ask(['a', 'b'])).vectors).toEqual(answerOf(['a', 'b']).vectors)
  })

  it('answers 50 ms later when reads hang, and at once when only writes hang', async () => {
    const hanging = cached({ store: broken({ getMany: never, putMany: never }) })
    const late = hanging.ask(['a'])
    await hanging.clock.advance(50)
    expect((await late).vectors).toEqual(answerOf(['a']).vectors)
    expect(hanging.counts).toMatchObject({ error: 1, miss: 1 })
    const { ask } = cached({ store: broken({ putMany: never }) })
    expect((await ask(['a'])).vectors).toEqual(answerOf(['a']).vectors)
  })
})
