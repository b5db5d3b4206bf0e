import type { Call } from '../core/call.ts'
import { GatewayError } from '../core/errors.ts'
import type { Layer } from '../core/layer.ts'

/**
 * Settles a request at its deadline or when its caller leaves, whatever happens further in; late results are dropped.
 *
 * @throws GatewayError `EG_DEADLINE`, or the reason the call was aborted with
 */
export const deadline: Layer = (next) => async (batch, call) => {
  if (call.endedBy) throw call.endedBy
  // The timer may be late: the loop was busy.
  if (call.deadline.remainingMs() <= 0)
    throw new GatewayError('EG_DEADLINE', 'the deadline had passed before work began')
  return untilEnded(call, next(batch, call))
}

/** `untilAborted` without a signal, which a request that the cache answers would have for this alone. */
const untilEnded = <T>(call: Call, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const ignoreEnd = call.onEnd(reject)
    const settle =
      <V>(end: (value: V) => void) =>
      (value: V): void => {
        ignoreEnd()
        end(value)
      }
    work.then(settle(resolve), settle(reject))
  })
