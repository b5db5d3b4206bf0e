import { GatewayError } from '../core/errors.ts'
import type { Layer } from '../core/layer.ts'
import { untilEnded } from '../core/until-aborted.ts'

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
