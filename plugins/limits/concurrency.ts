import { BackendError } from '../../gateway/core/errors.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'

/**
 * Bounds the calls in flight on one replica. It holds no queue: a full replica says so at once, and the chain goes on to
 * another replica or the next tier.
 *
 * @throws BackendError `busy`
 */
export const concurrency =
  (limit: number) =>
  (next: EmbedFn): EmbedFn => {
    let inFlight = 0
    return async (batch, call) => {
      if (inFlight >= limit) throw new BackendError('busy', `all ${limit} places are taken`)
      inFlight++
      try {
        return await next(batch, call)
      } finally {
        inFlight--
      }
    }
  }
