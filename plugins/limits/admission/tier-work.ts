import type { Clock } from '../../../gateway/core/clock.ts'
import { outcomeOf, reasonOf } from '../../../gateway/core/errors.ts'
import type { EmbedFn, Where } from '../../../gateway/core/layer.ts'
import { backlog, type Backlog } from './backlog.ts'

/** The work of one model, by the tiers that compute it. */
export interface TierWork {
  /**
   * The work that new work would wait for: that of the first tier which can be called and has not stalled. Of stalled ones
   * the last, since what is stuck there goes nowhere else. Undefined when none can be called.
   */
  ahead(): Backlog | undefined
  /** Counts what a tier is given, for as long as it is there. The tiers are added in the order of the chain. */
  count(next: EmbedFn, where: Where): EmbedFn
}

interface Tier {
  readonly work: Backlog
  readonly canBeCalled: () => boolean
}

/** No tiers yet. */
export const tierWork = (clock: Clock): TierWork => {
  const tiers: Tier[] = []
  return {
    ahead: () => {
      const callable = tiers.filter(({ canBeCalled }) => canBeCalled())
      return (callable.find(({ work }) => !work.hasStalled()) ?? callable.at(-1))?.work
    },
    count: (next, { model, alternatives }) => {
      const work = backlog(clock)
      tiers.push({ work, canBeCalled: () => alternatives?.sameTier() ?? true })
      return async (batch, call) => {
        const charge = work.enter(call.priority, model.estimate.tokensOfAll(batch.texts))
        const stopRaising = call.onRaise(charge.raise)
        const stopCounting = call.onProgress(charge.worked)
        try {
          const embeddings = await next(batch, call)
          charge.answered()
          return embeddings
        } catch (error) {
          if (outcomeOf(error) === 'failure' || reasonOf(error) === 'late') charge.failed()
          throw error
        } finally {
          stopRaising()
          stopCounting()
          charge.leave()
        }
      }
    },
  }
}
