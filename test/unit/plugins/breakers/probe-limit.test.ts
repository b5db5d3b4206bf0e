import { describe, expect, it } from 'vitest'
import type { Where } from '../../../../gateway/core/layer.ts'
import { batchOf } from '../../../../gateway/testing/calls.ts'
import { probeLimit } from '../../../../plugins/breakers/probe-limit.ts'
import { fakeModel } from '../../chain/fakes.ts'

const limitOf = (queueing: boolean, texts: readonly string[]): number => {
  const where = { model: fakeModel(), backend: { queueing }, policy: { timeoutMs: 200 } } as unknown as Where
  return probeLimit(5_000, where)(batchOf(texts))
}

describe('the time of a probe', () => {
  it('is that of any try where the backend has no queue of its own', () => {
    expect(limitOf(false, ['a'])).toBe(200)
  })

  it('is that of as many inferences as a call needs where it has one: `timeoutMs` is not for these', () => {
    expect(limitOf(true, ['a'])).toBe(5_000)
    expect(
      limitOf(
        true,
        Array.from({ length: 100 }, () => 'x'.repeat(2_000)),
      ),
    ).toBeGreaterThan(10_000)
  })
})
