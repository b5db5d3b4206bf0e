import { describe, expect, it } from 'vitest'
import { staleReader } from '../../../../backends/cached/stale-reader.ts'
import { CallerGone } from '../../../../gateway/core/errors.ts'
import { rowSource, type EmbedBatch } from '../../../../gateway/core/embeddings.ts'
import { batchOf, callOf, fakeClock, type CallOverrides } from '../../../../gateway/testing/index.ts'
import { keyScope, resultKey } from '../../../../store/key.ts'
import { memoryStore } from '../../../../store/memory.ts'
import type { ResultStore, StoredResult } from '../../../../store/store.ts'

const staleTtlMs = 10_000

const setUp = async (texts: Record<string, Partial<StoredResult>> = {}, overrides: Partial<ResultStore> = {}) => {
  const clock = fakeClock()
  const store = { ...memoryStore({ maxBytes: 1 << 20 }), ...overrides }
  const reader = staleReader({ name: 'cached', store, clock, staleTtlMs })
  const scope = keyScope(batchOf([]).space, 'default')
  const usual = { vector: Float32Array.of(1, 0), tokens: 3, truncated: false, parity: 1, storedAtMs: clock.wallNow() }
  await store.putMany(Object.entries(texts).map(([text, result]) => [resultKey(scope, text), { ...usual, ...result }]))
  const ask = async (some: readonly string[], batch: Partial<EmbedBatch> = {}, call: CallOverrides = {}) => {
    const open = callOf(clock, call)
    try {
      return await reader.embed(batchOf(some, batch), open)
    } finally {
      open.release()
    }
  }
  return { clock, reader, ask }
}

const miss = { name: 'BackendError', fault: 'miss', outcome: 'neutral' }

describe('stale reader', () => {
  it('answers every text in order, each row marked stale, with the tokens of its first computation', async () => {
    const { ask } = await setUp({
      a: { vector: Float32Array.of(1, 0), tokens: 5 },
      b: { vector: Float32Array.of(0, 1), tokens: 7, truncated: true },
    })
    const answer = await ask(['b', 'a', 'b'])
    expect([...answer.vectors]).toEqual([0, 1, 1, 0, 0, 1])
    expect([...answer.tokens]).toEqual([7, 5, 7])
    expect([...answer.truncated]).toEqual([1, 0, 1])
    expect([...answer.source]).toEqual([rowSource.stale, rowSource.stale, rowSource.stale])
    expect(answer.memos).toHaveLength(3)
  })

  it('answers all texts or none', async () => {
    const { ask } = await setUp({ a: {}, b: {} })
    await expect(ask(['a', 'unknown', 'b'])).rejects.toMatchObject(miss)
    await expect(ask(['a', 'b'])).resolves.toBeDefined()
  })

  it('answers with fresh and stale results alike, up to the stale limit', async () => {
    const { ask, clock } = await setUp({ a: {} })
    await expect(ask(['a'])).resolves.toBeDefined()
    await clock.advance(staleTtlMs - 1)
    await expect(ask(['a'])).resolves.toBeDefined()
    await clock.advance(1)
    await expect(ask(['a'])).rejects.toMatchObject(miss)
  })

  it('misses what is below the parity asked for, or truncated where that is refused', async () => {
    const { ask } = await setUp({ low: { parity: 0.99 }, cut: { truncated: true } })
    await expect(ask(['low'])).rejects.toMatchObject(miss)
    await expect(ask(['low'], { minParity: 0.98 })).resolves.toBeDefined()
    await expect(ask(['cut'], { truncate: false })).rejects.toMatchObject(miss)
    await expect(ask(['cut'])).resolves.toBeDefined()
  })

  it('never puts vectors of two widths into one answer', async () => {
    const { ask } = await setUp({ a: {}, b: { vector: Float32Array.of(1, 0, 0) } })
    await expect(ask(['a', 'b'])).rejects.toMatchObject(miss)
  })

  it.each(['no-cache', 'no-store'] as const)('misses for a caller who says %s', async (cache) => {
    const { ask } = await setUp({ a: {} })
    await expect(ask(['a'], {}, { cache })).rejects.toMatchObject(miss)
  })

  it("never reads another tenant's results", async () => {
    const { ask } = await setUp({ a: {} })
    await expect(ask(['a'], {}, { tenant: 'other' })).rejects.toMatchObject(miss)
  })

  it('ends with the call when the store hangs', async () => {
    const { clock, reader } = await setUp({}, { getMany: () => new Promise(() => {}) })
    const late = reader.embed(batchOf(['a']), callOf(clock, { timeoutMs: 100 }))
    const rejected = expect(late).rejects.toMatchObject({ code: 'EG_DEADLINE' })
    await clock.advance(100)
    await rejected
    const call = callOf(clock)
    const left = expect(reader.embed(batchOf(['a']), call)).rejects.toBeInstanceOf(CallerGone)
    call.abort(new CallerGone())
    await left
    await expect(reader.embed(batchOf(['a']), call)).rejects.toBeInstanceOf(CallerGone)
    expect(clock.pending).toBe(0)
  })

  it('rejects when the store fails', async () => {
    const { ask } = await setUp({}, { getMany: () => Promise.reject(new Error('broken')) })
    await expect(ask(['a'])).rejects.toThrow('broken')
  })

  it('is up with the level of its store, does not compute, and can be started and closed', async () => {
    const { reader } = await setUp({ a: {} })
    await reader.start()
    expect(await reader.health(AbortSignal.timeout(1_000))).toMatchObject({
      state: 'up',
      facts: { tier: 'memory', entries: 1 },
    })
    expect(reader.computing).toBe(false)
    await reader.close()
    await reader.close()
  })
})
