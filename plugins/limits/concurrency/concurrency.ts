import { CallerGone, isTurnedAway, outcomeOf, reasonOf } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import type { Ending } from './adaptive-limit.ts'
import type { Places } from './places.ts'

/**
 * Bounds the calls in flight on one replica whose queue is not ours. What waits has not been sent, so that its waiting is
 * neither a failure nor part of the time limit of a try.
 *
 * @throws NoPlace when there is no place in time
 */
export const concurrency =
  (places: Pick<Places, 'take' | 'give'>): Layer =>
  (next, { model, alternatives }) => {
    const canStepDown = (): boolean => alternatives?.lowerTier() ?? false
    return async (batch, call) => {
      const begun = await places.take(call, model.estimate.tokensOfAll(batch.texts), canStepDown)
      let how: Ending = 'unanswered'
      try {
        const answer = await next(batch, call)
        how = 'answered'
        return answer
      } catch (error) {
        how = endingOf(error)
        throw error
      } finally {
        places.give(begun, how)
      }
    }
  }

/** What was not sent, or had no time to come back, says nothing of the engine. */
const endingOf = (error: unknown): Ending => {
  if (isTurnedAway(error) || error instanceof CallerGone) return 'unanswered'
  const reason = reasonOf(error)
  if (reason === 'timeout') return 'timeout'
  if (reason === 'late' || reason === 'EG_DEADLINE') return 'unanswered'
  return outcomeOf(error) === 'overload' ? 'overload' : 'neutral'
}
