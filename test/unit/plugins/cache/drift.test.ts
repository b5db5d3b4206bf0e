import { describe, expect, it } from 'vitest'
import { rowSource } from '../../../../gateway/core/embeddings.ts'
import { withResolvers } from '../../../../gateway/core/with-resolvers.ts'
import { fakeClock } from '../../../../gateway/testing/index.ts'
import { memoryStore } from '../../../../store/memory.ts'
import { trustedStore } from '../../../../store/trusted.ts'
import { answerOf, cached, model } from './fixtures.ts'

const { computed, fresh } = rowSource

/** A cache over a trusted store; computations of texts that are held wait to be let go. */
const setUp = () => {
  const clock = fakeClock()
  const tier = memoryStore({ maxBytes: 1 << 20 })
  const store = trustedStore({ store: tier, clock, onError: () => {} })
  const held = new Map<string, ReturnType<typeof withResolvers<void>>>()
  let drifts = 0
  const cache = cached({
    clock,
    store,
    driftsOf: () => drifts,
    compute: async ({ texts }) => {
      for (const text of texts) await held.get(text)?.promise
      return answerOf(texts)
    },
  })
  const drift = (sinceMs: number): void => {
    drifts++
    store.distrust(model.spaceId, sinceMs)
  }
  return { ...cache, tier, held, drift }
}

describe('a replica drifts while the cache works', () => {
  it.each(['default', 'no-cache'] as const)('stores nothing that was being computed then: %s', async (directive) => {
    const { ask, clock, held, drift, tier } = setUp()
    held.set('a', withResolvers())
    const asked = ask(['a'], {}, { cache: directive })
    await clock.advance(1)
    drift(0)
    held.get('a')?.resolve()
    await asked
    expect(tier.level().entries).toBe(0)
  })

  it('stores again what is computed afterwards', async () => {
    const { ask, clock, drift, tier } = setUp()
    drift(0)
    await clock.advance(1)
    await ask(['a'])
    expect(tier.level().entries).toBe(1)
    expect([...(await ask(['a'])).source]).toEqual([fresh])
  })

  it('does not answer with what it had found before, if that is not trusted now', async () => {
    const { ask, clock, held, drift } = setUp()
    await ask(['right'])
    await clock.advance(10)
    const sinceMs = clock.wallNow()
    await ask(['doubtful'])
    held.set('new', withResolvers())
    const asked = ask(['right', 'doubtful', 'new'])
    await clock.advance(1)
    drift(sinceMs)
    held.get('new')?.resolve()
    const answer = await asked
    expect([...answer.source]).toEqual([fresh, computed, computed])
    expect(answer.vectors).toEqual(answerOf(['right', 'doubtful', 'new']).vectors)
  })
})
