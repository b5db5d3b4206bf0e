import type { Clock } from '../../gateway/core/clock.ts'
import { BackendError, outcomeOf, reasonOf, type Outcome } from '../../gateway/core/errors.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'

/** Of the limit of an attempt: silence for so long is a fault, also when the request could not wait for the rest. */
const silentRatio = 0.5

/**
 * Bounds one attempt: its signal fires after `timeoutMs`, or when its call ends if that is sooner. The chain settles an
 * attempt when its signal fires even if the backend does not, and drops what comes late. The timer is released as soon as
 * the attempt settles.
 *
 * When the call's time is up first, the request may have had too little of it, and nobody is to blame; unless the backend has
 * had the texts for half of `timeoutMs` and given nobody a sign of life in all that time.
 *
 * @throws BackendError `timeout` (a failure of the backend)
 * @throws BackendError `late` or GatewayError `EG_DEADLINE`, as the call ended, when there is no fault in it
 */
export const timeout =
  (clock: Pick<Clock, 'now'>, timeoutMs: number) =>
  (next: EmbedFn): EmbedFn => {
    let aliveAtMs = -Infinity

    return async (batch, call) => {
      const sentAtMs = clock.now()
      const attempt = call.within(timeoutMs)
      try {
        const answer = await next(batch, attempt)
        aliveAtMs = clock.now()
        return answer
      } catch (error) {
        if (signsOfLife.has(outcomeOf(error))) aliveAtMs = clock.now()
        const silentMs = clock.now() - Math.max(sentAtMs, aliveAtMs)
        if (!isOutOfTime(error) || silentMs < silentRatio * timeoutMs) throw error
        throw new BackendError('timeout', `no sign of life for ${Math.round(silentMs)} ms`, { cause: error })
      } finally {
        attempt.release()
      }
    }
  }

const signsOfLife: ReadonlySet<Outcome> = new Set(['overload', 'caller'])

const isOutOfTime = (error: unknown): boolean => reasonOf(error) === 'late' || reasonOf(error) === 'EG_DEADLINE'
