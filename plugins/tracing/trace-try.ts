import type { Call } from '../../gateway/core/call.ts'
import type { EmbedBatch, Embeddings } from '../../gateway/core/embeddings.ts'
import { outcomeOf, reasonOf } from '../../gateway/core/errors.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import type { Span } from '../../gateway/core/span.ts'
import { OtelSpan } from './otel-span.ts'

/** The span `attempt {backend}` of each try on a replica, of requests that are recorded. */
export const traceTry = (): Layer => {
  const attempts = new WeakMap<Span, number>()
  return (next, { backend, tier = 'unknown', computing }) => {
    const facts = { backend: backend?.name ?? tier, replica: backend?.replica ?? 0 }
    const name = `attempt ${facts.backend}`
    const kind = computing === false ? 'internal' : 'client'

    const traced = async (parent: Span, batch: EmbedBatch, call: Call): Promise<Embeddings> => {
      const number = (attempts.get(parent) ?? 0) + 1
      attempts.set(parent, number)
      const attributes = { ...facts, texts: batch.texts.length, 'attempt.number': number }
      const attempt = parent.child(name, { kind, attributes })
      const own = call.traced(attempt)
      const run = (): Promise<Embeddings> => next(batch, own)
      try {
        const answer = await (attempt instanceof OtelSpan ? attempt.activate(run) : run())
        attempt.set({ outcome: 'success' })
        return answer
      } catch (error) {
        const outcome = outcomeOf(error)
        attempt.set({ outcome })
        // A miss of stored results, or a caller who left, is no fault of the tier.
        if (outcome === 'failure' || outcome === 'overload') attempt.fail(reasonOf(error))
        else attempt.set({ reason: reasonOf(error) })
        throw error
      } finally {
        attempt.end()
        own.release()
      }
    }

    return (batch, call) => (call.span ? traced(call.span, batch, call) : next(batch, call))
  }
}
