import type { EmbedBatch } from '../../gateway/core/embeddings.ts'
import { BackendError, outcomeOf, type Outcome } from '../../gateway/core/errors.ts'
import type { EmbedFn, Layer } from '../../gateway/core/layer.ts'
import type { Breaker } from './breaker.ts'

/**
 * Asks the breaker before each try and tells it how the try ended. A probe has a limit in any case, also where a try has none:
 * the call that carried it then goes on to the next tier.
 *
 * @param limitMs limit of a probe that carries this batch
 * @throws BackendError `open` when the breaker lets nothing through: another call has just become the probe, or its state has
 *   changed since the chain asked its gate
 * @throws BackendError `timeout` when a probe has not answered within its limit
 */
export const breakerLayer =
  (breaker: Pick<Breaker, 'bar' | 'begin'>, limitMs: (batch: EmbedBatch) => number): Layer =>
  (next, { backend, tier }) => {
    const refusal = (): BackendError => {
      const retryAfterMs = breaker.bar()?.retryAfterMs ?? 0
      const detail = Number.isFinite(retryAfterMs) ? { retryAfterMs } : {}
      return new BackendError('open', `${backend?.name ?? tier}: its breaker lets nothing through`, detail)
    }
    const probe =
      (probeMs: number): EmbedFn =>
      async (batch, call) => {
        const attempt = call.within(probeMs)
        try {
          return await next(batch, attempt)
        } finally {
          attempt.release()
        }
      }

    return async (batch, call) => {
      const permit = breaker.begin(() => limitMs(batch))
      if (!permit) throw refusal()
      const embed = permit.probeMs === undefined ? next : probe(permit.probeMs)
      let outcome: Outcome = 'success'
      try {
        return await embed(batch, call)
      } catch (error) {
        outcome = outcomeOf(error)
        throw error
      } finally {
        permit.end(outcome)
      }
    }
  }
