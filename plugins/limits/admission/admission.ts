import type { Priority } from '../../../gateway/core/call.ts'
import type { Clock } from '../../../gateway/core/clock.ts'
import type { Deadline } from '../../../gateway/core/deadline.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import type { Model } from '../../../gateway/core/model.ts'
import { retryAfter } from '../retry-after.ts'
import type { Backlog } from './backlog.ts'
import { tierWork, type TierWork } from './tier-work.ts'

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

/** The layers that know what waits, and refuse what would wait too long. */
export interface Admission {
  /** For the slot `request.admit`. */
  readonly admit: Layer
  /** For the slot `tier.observe`: counts the work of each tier. */
  readonly observe: Layer
}

/** Of what remains of a deadline, the part that may be spent waiting. */
const waitRatio = 0.5

/**
 * Counts the estimated tokens that wait or run, and refuses at once what would wait too long: longer than half of what
 * remains of its deadline, or, in the interactive class, in a queue that no longer drains. Each tier of each model has a
 * backlog and a drain rate of its own: what is stuck in a tier that hangs is not worked off by the one behind it, and need
 * not be. The cap is over all of them. What comes while nothing of its model is there is always admitted. Learns from each
 * answer how many tokens texts have.
 *
 * `admit` throws GatewayError `EG_OVERLOADED` with the time after which there should be room.
 */
export const admission = (clock: Clock, { queueTokens, onShed }: AdmissionOptions): Admission => {
  const works = new Map<Model, TierWork>()
  const workOf = (model: Model): TierWork => {
    const work = works.get(model) ?? tierWork(clock)
    works.set(model, work)
    return work
  }
  let heldTokens = 0

  const admit: Layer = (next, { model }) => {
    const work = workOf(model)
    let heldOfModel = 0
    const hold = (tokens: number): void => {
      heldTokens += tokens
      heldOfModel += tokens
    }
    return async (batch, call) => {
      const tokens = model.estimate.tokensOfAll(batch.texts)
      const excessTokens = heldTokens + tokens - queueTokens
      const ahead = work.ahead()
      const refusal =
        heldOfModel === 0
          ? undefined
          : excessTokens > 0
            ? ({ reason: 'queue_full', drainMs: ahead?.drainMs(excessTokens) } as const)
            : ahead && tooLong(ahead, call.priority, call.deadline)
      if (refusal) {
        ahead?.refused()
        onShed(call.priority, refusal.reason)
        throw new GatewayError('EG_OVERLOADED', messages[refusal.reason], { retryAfterMs: retryAfter(refusal.drainMs) })
      }
      hold(tokens)
      try {
        const embeddings = await next(batch, call)
        model.estimate.learn(batch.texts, embeddings.tokens, embeddings.truncated)
        return embeddings
      } finally {
        hold(-tokens)
      }
    }
  }
  const observe: Layer = (next, where) => (where.computing ? workOf(where.model).count(next, where) : next)
  return { admit, observe }
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
