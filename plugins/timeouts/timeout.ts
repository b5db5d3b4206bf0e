import type { BaseTime } from '../../gateway/core/base-time.ts'
import type { Clock } from '../../gateway/core/clock.ts'
import { BackendError, outcomeOf, reasonOf } from '../../gateway/core/errors.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import type { Silence } from '../../gateway/core/silence.ts'

/** What is known of how an engine answers, whichever model it is asked for. */
export interface Heard {
  readonly silence: Silence
  /** The shortest times of its answers, by size. */
  readonly base: Pick<BaseTime, 'saw' | 'of'>
}

/**
 * Of the limit of an attempt. One that had nearly all of it has failed, also when the time of the request was up a moment
 * before; so has a shorter one when the engine has been silent for half of it.
 */
const ratios = { nearlyAll: 0.9, silent: 0.5 } as const
/** A request that gives an engine less than this many times the shortest time of its answers asks for too much. */
const fairRatio = 2

/**
 * Bounds one attempt: its signal fires after `timeoutMs`, or when its call ends if that is sooner. The chain settles an
 * attempt when its signal fires even if the backend does not, and drops what comes late. The timer is released as soon as
 * the attempt settles.
 *
 * When the call's time is up first, the request may have brought too little of it, and nobody is to blame; unless the
 * attempt had nearly all of `timeoutMs`, or had time enough for an engine that has given no sign of life for long.
 *
 * @throws BackendError `timeout` (a failure of the backend)
 * @throws BackendError `late` or GatewayError `EG_DEADLINE`, as the call ended, when there is no fault in it
 */
export const timeout =
  (clock: Pick<Clock, 'now'>, timeoutMs: number, { silence, base }: Heard): Layer =>
  (next, { model }) =>
  async (batch, call) => {
    const sentAtMs = clock.now()
    const attempt = call.within(timeoutMs)
    let isAlive = false
    silence.began()
    try {
      const answer = await next(batch, attempt)
      isAlive = true
      base.saw(model.estimate.tokensOfAll(batch.texts), clock.now() - sentAtMs)
      return answer
    } catch (error) {
      isAlive = isSignOfLife(error)
      if (!isOutOfTime(error)) throw error
      const tookMs = clock.now() - sentAtMs
      const silentMs = silence.ms()
      const fairMs = fairRatio * (base.of(model.estimate.tokensOfAll(batch.texts)) ?? Infinity)
      const isSilent = silentMs >= ratios.silent * timeoutMs && tookMs >= fairMs
      if (tookMs < ratios.nearlyAll * timeoutMs && !isSilent) throw error
      const message = `no answer in ${Math.round(tookMs)} ms, and no sign of life for ${Math.round(silentMs)} ms`
      throw new BackendError('timeout', message, { cause: error })
    } finally {
      silence.ended(isAlive)
      attempt.release()
    }
  }

/** Whether the engine itself has said something: that it is full, or that the request is wrong. */
const isSignOfLife = (error: unknown): boolean =>
  outcomeOf(error) === 'caller' || (error instanceof BackendError && error.fault === 'busy')

const isOutOfTime = (error: unknown): boolean => reasonOf(error) === 'late' || reasonOf(error) === 'EG_DEADLINE'
