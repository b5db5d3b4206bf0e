import type { Priority } from '../../../gateway/core/call.ts'
import { BackendError } from '../../../gateway/core/errors.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import type { Log } from '../../../gateway/core/log.ts'
import { NoPlace, type PlaceReason } from './no-place.ts'

/**
 * For the slot `tier.observe`: tells of a call that a tier leaves for want of a place, once, however many replicas had none.
 *
 * @param log told of calls for which no connection was left: of that the operator must know what this process ran out of
 */
export const countNoPlace =
  (onShed: (priority: Priority, reason: PlaceReason | 'connections') => void, log: Log): Layer =>
  (next, { computing, tier }) =>
    computing
      ? async (batch, call) => {
          try {
            return await next(batch, call)
          } catch (error) {
            if (error instanceof NoPlace) onShed(call.priority, error.reason)
            else if (error instanceof BackendError && error.fault === 'no_place') {
              onShed(call.priority, 'connections')
              log.warn({ backend: tier, reason: error.message }, 'a call was not sent for want of a connection')
            }
            throw error
          }
        }
      : next
