import { syntheticVector } from '../../../../backends/synthetic/vector.ts'
import { computed, type EmbedBatch, type Embeddings } from '../../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../../gateway/core/layer.ts'
import type { Model } from '../../../../gateway/core/model.ts'
import { spaceId } from '../../../../gateway/core/space.ts'
import { tokenEstimate } from '../../../../gateway/core/token-estimate.ts'
import { callOf, fakeClock, type CallOverrides, type FakeClock } from '../../../../gateway/testing/index.ts'
import { cacheLayer, type LookupResult } from '../../../../plugins/cache/cache-layer.ts'
import { guardedStore } from '../../../../plugins/cache/guarded-store.ts'
import { memoryStore } from '../../../../store/memory.ts'
import type { ResultStore } from '../../../../store/store.ts'

/** Width of the vectors of these tests. */
export const dims = 16

const space = {
  model: 'm',
  revision: '1',
  dims,
  pooling: 'mean',
  normalized: true,
  maxTokens: 256,
  prompts: {},
} as const

/** The model of these tests. */
export const model: Model = {
  name: 'm',
  aliases: [],
  space,
  spaceId: spaceId(space),
  minParity: 0.999,
  onTooLong: 'truncate',
  matryoshkaDims: [],
  estimate: tokenEstimate(256),
}

/** What a correct backend answers. */
export const answerOf = (texts: readonly string[]): Embeddings => ({
  ...computed(
    texts.map((text) => syntheticVector(text, dims)),
    dims,
    texts.map((text) => text.length),
  ),
  trail: [{ backend: 'b', replica: 0, tier: 0, computing: true, outcome: 'success', durationMs: 1 }],
})

/** A cache layer over a store, in front of a function that notes the batches it computes. */
export const cached = (
  overrides: {
    clock?: FakeClock
    store?: ResultStore
    ttlMs?: number
    compute?: EmbedFn
    driftsOf?: () => number
  } = {},
) => {
  const clock = overrides.clock ?? fakeClock()
  const store = overrides.store ?? memoryStore({ maxBytes: 1 << 20 })
  const batches: EmbedBatch[] = []
  const counts: Record<LookupResult | 'error', number> = { hit: 0, miss: 0, stale: 0, error: 0 }
  const guarded = guardedStore({ store, clock, onError: () => counts.error++ })
  const count = (result: LookupResult, texts: number): void => void (counts[result] += texts)
  const compute = overrides.compute ?? (async ({ texts }) => answerOf(texts))
  const layer = cacheLayer({
    store: guarded,
    clock,
    ttlMs: overrides.ttlMs ?? 1_000,
    driftsOf: overrides.driftsOf ?? (() => 0),
    count,
  })
  const embed = layer(
    async (batch, call) => {
      batches.push(batch)
      return compute(batch, call)
    },
    { model },
  )
  const ask = async (texts: readonly string[], batch: Partial<EmbedBatch> = {}, call: CallOverrides = {}) => {
    const open = callOf(clock, call)
    try {
      return await embed({ texts, truncate: true, space: model.spaceId, minParity: 0.999, ...batch }, open)
    } finally {
      open.release()
    }
  }
  const computedTexts = (): readonly string[][] => batches.map(({ texts }) => [...texts])
  return { ask, clock, store, counts, batches, computedTexts }
}
