import type { Priority } from '../../../gateway/core/call.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import type { Deadline } from '../../../gateway/core/deadline.ts'
import { GatewayError, outcomeOf } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import { retryAfter } from '../retry-after.ts'
import { backlog, type Backlog } from './backlog.ts'

/** Why work was not admitted; a metric label. */
export type AdmissionReason = 'queue_full' | 'predicted_wait' | 'standing_queue'

/** What bounds the work that waits or runs. */
export interface AdmissionOptions {
  /** Estimated tokens at once, over all models: the memory cap. */
  readonly queueTokens: number
  /** Called for each refusal, to count it. */
  readonly onShed: (priority: Priority, reason: AdmissionReason) => void
}

/** Why work is refused, and how long until there should be room. */
interface Refusal {
  readonly reason: AdmissionReason
  readonly drainMs: number | undefined
}

/** Of what remains of a deadline, the part that may be spent waiting. */
const waitRatio = 0.5

/**
 * Counts the estimated tokens that wait or run, and refuses at once what would wait too long: longer than half of what
 * remains of its deadline, or, in the interactive class, in a queue that no longer drains. Each model has a backlog and a
 * drain rate of its own, for each has a chain of its own; the cap is over all of them. What comes while nothing of its
 * model is there is always admitted. Learns from each answer how many tokens texts have.
 *
 * @throws GatewayError `EG_OVERLOADED` with the time after which there should be room
 */
export const admission = (clock: Clock, { queueTokens, onShed }: AdmissionOptions): Layer => {
  let heldTokens = 0

  return (next, { model }) => {
    const work = backlog(clock)
    return async (batch, call) => {
      const tokens = model.estimate.tokensOfAll(batch.texts)
      const excessTokens = heldTokens + tokens - queueTokens
      const refusal = work.isEmpty()
        ? undefined
        : excessTokens > 0
          ? ({ reason: 'queue_full', drainMs: work.drainMs(excessTokens) } as const)
          : tooLong(work, call.priority, call.deadline)
      if (refusal) {
        work.refused()
        onShed(call.priority, refusal.reason)
        throw new GatewayError('EG_OVERLOADED', messages[refusal.reason], { retryAfterMs: retryAfter(refusal.drainMs) })
      }
      const charge = work.enter(call.priority, tokens)
      const stopRaising = call.onRaise(charge.raise)
      const stopCounting = call.onProgress(charge.worked)
      heldTokens += tokens
      try {
        const embeddings = await next(batch, call)
        model.estimate.learn(batch.texts, embeddings.tokens, embeddings.truncated)
        charge.answered()
        return embeddings
      } catch (error) {
        if (outcomeOf(error) === 'failure') charge.failed()
        throw error
      } finally {
        heldTokens -= tokens
        stopRaising()
        stopCounting()
        charge.leave()
      }
    }
  }
}

const messages: Readonly<Record<AdmissionReason, string>> = {
  queue_full: 'more work waits than fits the queue',
  predicted_wait: 'more work waits than can be done in time',
  standing_queue: 'more work comes than can be done',
}

const tooLong = (work: Backlog, priority: Priority, deadline: Deadline): Refusal | undefined => {
  const waitMs = work.waitMs(priority)
  if (waitMs === undefined) return undefined
  const bearableMs = deadline.remainingMs() * waitRatio
  if (waitMs > bearableMs) return { reason: 'predicted_wait', drainMs: waitMs - bearableMs }
  if (priority === 'bulk' || work.admits()) return undefined
  return { reason: 'standing_queue', drainMs: waitMs }
}
