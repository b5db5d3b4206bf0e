import { describe, expect, it } from 'vitest'
import type { Call } from '../../../../gateway/core/call.ts'
import { computed, type Embeddings } from '../../../../gateway/core/embeddings.ts'
import { batchOf } from '../../../../gateway/testing/calls.ts'
import { concurrency } from '../../../../plugins/limits/concurrency.ts'

const batch = batchOf(['a'])
const call = {} as Call

describe('concurrency', () => {
  it('says busy at once when all places are taken, and takes calls again when one is free', async () => {
    const ends: ((answer: Embeddings) => void)[] = []
    const attempt = concurrency(2)(() => new Promise((resolve) => ends.push(resolve)))
    const first = attempt(batch, call)
    void attempt(batch, call)
    await expect(attempt(batch, call)).rejects.toMatchObject({ fault: 'busy', outcome: 'overload' })
    ends[0]?.(computed([[1]], 1, [3]))
    await first
    void attempt(batch, call)
    expect(ends).toHaveLength(3)
  })

  it('gives the place back after an error', async () => {
    const attempt = concurrency(1)(async () => {
      throw new Error('broken')
    })
    await expect(attempt(batch, call)).rejects.toThrow('broken')
    await expect(attempt(batch, call)).rejects.toThrow('broken')
  })
})
