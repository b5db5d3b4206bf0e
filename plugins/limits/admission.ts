import type { Clock } from '../../gateway/core/clock.ts'
import type { Call, Priority } from '../../gateway/core/call.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import { drainRate } from './drain-rate.ts'

/** Why work was refused. */
export type ShedReason = 'queue_full' | 'predicted_wait'

/** What bounds the work that waits or runs. */
export interface AdmissionOptions {
  /** Estimated tokens at once, over all models: the memory cap. */
  readonly queueTokens: number
  /** Called for each refusal, to count it. */
  readonly onShed: (reason: ShedReason, priority: Priority) => void
}

/** A predicted wait above this part of what remains of the deadline is refused: the rest is for computing. */
const waitShare = 0.5
/** What a refused caller is told while the rate is not known yet, and the least and most it is told otherwise. */
const retryAfterMs = { unknown: 1000, min: 100, max: 30_000 } as const

/**
 * Counts the estimated tokens that wait or run, refuses what would not fit or would come too late, and learns from each
 * answer how many tokens texts have. One layer serves all models: they share the machine.
 *
 * The predicted wait counts interactive work only, because that is what stands before an interactive request; bulk work
 * may wait as long as its deadline lets it.
 *
 * @throws GatewayError `EG_OVERLOADED` with the time after which it is worth trying again
 */
export const admission = (clock: Clock, { queueTokens, onShed }: AdmissionOptions): Layer => {
  const rate = drainRate(clock)
  const waiting = { interactive: 0, bulk: 0 }

  const refuse = (reason: ShedReason, priority: Priority, excessTokens: number): never => {
    onShed(reason, priority)
    const perSecond = rate.tokensPerSecond()
    const drainMs = perSecond === undefined ? retryAfterMs.unknown : (excessTokens / perSecond) * 1000
    const clamped = Math.ceil(Math.min(retryAfterMs.max, Math.max(retryAfterMs.min, drainMs)))
    throw new GatewayError('EG_OVERLOADED', 'more work waits than can be done in time', { retryAfterMs: clamped })
  }

  const check = (tokens: number, call: Call): void => {
    const excess = waiting.interactive + waiting.bulk + tokens - queueTokens
    if (excess > 0) refuse('queue_full', call.priority, excess)
    const perSecond = rate.tokensPerSecond()
    if (call.priority === 'bulk' || perSecond === undefined) return
    const inTime = (perSecond * call.deadline.remainingMs() * waitShare) / 1000
    if (waiting.interactive > inTime) refuse('predicted_wait', call.priority, waiting.interactive - inTime)
  }

  return (next, { model }) =>
    async (batch, call) => {
      const tokens = model.estimate.tokensOfAll(batch.texts)
      check(tokens, call)
      // The class it was counted in, even if an interactive caller raises it later.
      const { priority } = call
      waiting[priority] += tokens
      try {
        const embeddings = await next(batch, call)
        model.estimate.learn(batch.texts, embeddings.tokens, embeddings.truncated)
        if (priority === 'interactive') rate.finished(tokens, waiting.interactive - tokens)
        return embeddings
      } finally {
        waiting[priority] -= tokens
      }
    }
}
