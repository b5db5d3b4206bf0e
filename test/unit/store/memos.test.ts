import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../store/memory.ts'
import { boundedMemos, type MemoOwner } from '../../../store/memos.ts'

const owner = (): { stored: boolean } => ({ stored: true })

describe('memos', () => {
  it('returns the encoded form of its owner by format', () => {
    const memos = boundedMemos(10_000)
    const one: MemoOwner = owner()
    memos.of(one).set('float', Uint8Array.of(1))
    memos.of(one).set('base64', Uint8Array.of(2))
    expect(memos.of(one).get('float')).toEqual(Uint8Array.of(1))
    expect(memos.of(one).get('base64')).toEqual(Uint8Array.of(2))
    expect(memos.of(owner()).get('float')).toBeUndefined()
  })

  it('copies a view on a larger buffer, so that reuse of that buffer changes nothing', () => {
    const memos = boundedMemos(10_000)
    const one = owner()
    const pool = new Uint8Array(64).fill(1)
    memos.of(one).set('float', pool.subarray(0, 8))
    pool.fill(9)
    expect(memos.of(one).get('float')).toEqual(new Uint8Array(8).fill(1))
  })

  it('stays under its bound', () => {
    const memos = boundedMemos(10_000)
    const owners = Array.from({ length: 50 }, owner)
    for (const one of owners) {
      memos.of(one).set('float', new Uint8Array(4_000))
      memos.of(one).set('base64', new Uint8Array(2_000))
      expect(memos.bytes).toBeLessThanOrEqual(10_000)
    }
    expect(memos.of(owners[49] ?? owner()).get('base64')).toHaveLength(2_000)
    expect(memos.of(owners[0] ?? owner()).get('float')).toBeUndefined()
  })

  it('keeps nothing for a result that is gone', () => {
    const memos = boundedMemos(10_000)
    const one = owner()
    const memo = memos.of(one)
    memo.set('float', Uint8Array.of(1))
    one.stored = false
    memos.drop(one)
    memo.set('float', Uint8Array.of(1))
    expect(memo.get('float')).toBeUndefined()
    expect(memos.bytes).toBe(0)
  })

  it("never shows a replaced result's form beside its successor", async () => {
    const store = memoryStore({ maxBytes: 1 << 20 })
    const result = { vector: Float32Array.of(1, 0), tokens: 1, truncated: false, parity: 1, storedAtMs: 0 }
    await store.putMany([['a', result]])
    const [before] = await store.getMany(['a'])
    await store.putMany([['a', { ...result, vector: Float32Array.of(0, 1) }]])
    before?.memo?.set('float', Uint8Array.of(1))
    const [after] = await store.getMany(['a'])
    expect(after?.memo?.get('float')).toBeUndefined()
  })
})
