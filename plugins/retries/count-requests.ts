import type { Alternatives, EmbedFn } from '../../gateway/core/layer.ts'
import type { RetryBudget } from './retry-budget.ts'

/**
 * Counts each call of a tier as one request of the budget where it ends: one that fails while a lower tier can compute is
 * counted by the tier that takes it over. So a request is one, however many tiers it falls through, and an outage does not
 * allow more retries; the pieces of a split request, which are tried one by one, count one by one.
 */
export const countRequests =
  (next: EmbedFn, budget: Pick<RetryBudget, 'countRequest'>, { lowerTier }: Pick<Alternatives, 'lowerTier'>): EmbedFn =>
  async (batch, call) => {
    try {
      const answer = await next(batch, call)
      budget.countRequest()
      return answer
    } catch (error) {
      if (!lowerTier()) budget.countRequest()
      throw error
    }
  }
