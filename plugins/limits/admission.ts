import type { Clock } from '../../gateway/core/clock.ts'
import type { Priority } from '../../gateway/core/call.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import { drainRate } from './drain-rate.ts'

/** What bounds the work that waits or runs. */
export interface AdmissionOptions {
  /** Estimated tokens at once, over all models: the memory cap. */
  readonly queueTokens: number
  /** Called for each refusal, to count it. */
  readonly onShed: (priority: Priority) => void
}

/** What a refused caller is told while the rate is not known yet, and the least and most it is told otherwise. */
const retryAfterMs = { unknown: 1_000, min: 100, max: 30_000 } as const

/**
 * Counts the estimated tokens that wait or run, refuses what would not fit, and learns from each answer how many tokens
 * texts have. One layer serves all models: they share the machine.
 *
 * @throws GatewayError `EG_OVERLOADED` with the time after which there should be room
 */
export const admission = (clock: Clock, { queueTokens, onShed }: AdmissionOptions): Layer => {
  const rate = drainRate(clock)
  let waitingTokens = 0

  const refuse = (excessTokens: number): never => {
    const perSecond = rate.tokensPerSecond()
    const drainMs = perSecond === undefined ? retryAfterMs.unknown : (excessTokens / perSecond) * 1_000
    const clamped = Math.ceil(Math.min(retryAfterMs.max, Math.max(retryAfterMs.min, drainMs)))
    throw new GatewayError('EG_OVERLOADED', 'more work waits than fits the queue', { retryAfterMs: clamped })
  }

  return (next, { model }) =>
    async (batch, call) => {
      const tokens = model.estimate.tokensOfAll(batch.texts)
      const excessTokens = waitingTokens + tokens - queueTokens
      if (excessTokens > 0) {
        onShed(call.priority)
        refuse(excessTokens)
      }
      if (waitingTokens === 0) rate.began()
      waitingTokens += tokens
      try {
        const embeddings = await next(batch, call)
        model.estimate.learn(batch.texts, embeddings.tokens, embeddings.truncated)
        rate.finished(tokens, waitingTokens - tokens)
        return embeddings
      } finally {
        waitingTokens -= tokens
      }
    }
}
