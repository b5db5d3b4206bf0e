import { rowSource } from '../../gateway/core/embeddings.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import { degradation, trailOf } from '../../gateway/core/trail.ts'
import type { Events } from './events.ts'
import type { LastErrors } from './last-errors.ts'

/**
 * Notes degraded answers and what failed on the way of a request. Of an answer that came at once from where it should, which is
 * most of them, it looks at the length of the trail and no further.
 */
export const observeTrail =
  (events: Pick<Events, 'note'>, errors: Pick<LastErrors, 'note'>): Layer =>
  (next, { model: { name: model } }) =>
  async (batch, call) => {
    try {
      const answer = await next(batch, call)
      const { trail, source } = answer
      if (trail.length > 1) errors.note(trail)
      const lost = trail.length > 1 ? degradation(trail) : undefined
      if (lost) events.note({ kind: 'degraded', subject: model, ...lost })
      else if (source.includes(rowSource.stale))
        events.note({ kind: 'degraded', subject: model, from: 'chain', to: 'cached', reason: 'stale' })
      return answer
    } catch (error) {
      errors.note(trailOf(error))
      throw error
    }
  }
