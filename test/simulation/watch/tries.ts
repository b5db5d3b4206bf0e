import type { EmbedBatch } from '../../../gateway/core/embeddings.ts'
import { isTurnedAway, outcomeOf } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'

/** What one tier was asked for, and how often it tried. */
export interface TierTries {
  /** Batches that reached the tier, each piece of a split one for itself. */
  batches: number
  tries: number
  /** The most tries of one batch. */
  most: number
  readonly outcomes: Map<string, number>
}

/** Counts tries where they are made, apart from the product's own counters. */
export interface TryWatch {
  /** For the slot `try.observe`. */
  readonly layer: Layer
  /** By tier. */
  readonly tiers: ReadonlyMap<string, TierTries>
  /** Tries under way. */
  running(): number
}

/** No tries yet. */
export const tryWatch = (): TryWatch => {
  const tiers = new Map<string, TierTries>()
  const triesOf = new Map<string, WeakMap<EmbedBatch, number>>()
  let running = 0
  return {
    tiers,
    running: () => running,
    layer: (next, { tier = '', model }) => {
      const counts = tiers.get(tier) ?? { batches: 0, tries: 0, most: 0, outcomes: new Map<string, number>() }
      tiers.set(tier, counts)
      const chain = `${model.name} ${tier}`
      const tried = triesOf.get(chain) ?? new WeakMap<EmbedBatch, number>()
      triesOf.set(chain, tried)
      // A retry tries the same batch again; whatever comes new to the tier is a batch of its own.
      const note = (batch: EmbedBatch): void => {
        const count = (tried.get(batch) ?? 0) + 1
        tried.set(batch, count)
        counts.tries++
        if (count === 1) counts.batches++
        counts.most = Math.max(counts.most, count)
      }
      return async (batch, call) => {
        running++
        let outcome = 'success'
        let isSent = true
        try {
          return await next(batch, call)
        } catch (error) {
          outcome = outcomeOf(error)
          isSent = !isTurnedAway(error)
          throw error
        } finally {
          running--
          if (isSent) note(batch)
          if (isSent) counts.outcomes.set(outcome, (counts.outcomes.get(outcome) ?? 0) + 1)
        }
      }
    },
  }
}
