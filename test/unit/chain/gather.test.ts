import { describe, expect, it } from 'vitest'
import { gather } from '../../../gateway/chain/gather.ts'
import { rowSource, type EncodingMemo } from '../../../gateway/core/embeddings.ts'
import { answerFor } from './fakes.ts'

describe('gather', () => {
  it('puts rows where they belong, with all that is known of them', () => {
    const left = { ...answerFor(['a', 'bb']), truncated: Uint8Array.of(0, 1) }
    const right = answerFor(['ccc'])
    const gathered = gather(4, [
      { answer: left, from: [1, 0, 1], to: [0, 3, 1] },
      { answer: right, from: [0], to: [2] },
    ])
    expect(gathered.vectors).toEqual(answerFor(['bb', 'bb', 'ccc', 'a']).vectors)
    expect([...gathered.tokens]).toEqual([2, 2, 3, 1])
    expect([...gathered.truncated]).toEqual([1, 1, 0, 0])
    expect('memos' in gathered).toBe(false)
  })

  it('marks what others compute as joined, but never hides that a row is stale', () => {
    const answer = { ...answerFor(['a', 'b']), source: Uint8Array.of(rowSource.computed, rowSource.stale) }
    const gathered = gather(2, [{ answer, from: [0, 1], to: [0, 1], joined: true }])
    expect([...gathered.source]).toEqual([rowSource.joined, rowSource.stale])
  })

  it('keeps the encoded form of stored rows', () => {
    const memo: EncodingMemo = { get: () => undefined, set: () => {} }
    const answer = { ...answerFor(['a', 'b']), memos: [undefined, memo] }
    const gathered = gather(3, [
      { answer, from: [1], to: [2] },
      { answer: answerFor(['x', 'y']), from: [0, 1], to: [0, 1] },
    ])
    expect(gathered.memos).toEqual([undefined, undefined, memo])
  })

  it('keeps the parity of every row, or none when that of one is not known', () => {
    const of = (texts: string[], parity: number) => ({
      ...answerFor(texts),
      parity: Float32Array.from(texts, () => parity),
    })
    const parts = [
      { answer: of(['a'], 0.5), from: [0], to: [1] },
      { answer: of(['b'], 1), from: [0], to: [0] },
    ]
    expect([...(gather(2, parts).parity ?? [])]).toEqual([1, 0.5])
    expect('parity' in gather(3, [...parts, { answer: answerFor(['c']), from: [0], to: [2] }])).toBe(false)
  })
})
