import type { Priority } from '../../../gateway/core/call.ts'
import type { Layer } from '../../../gateway/core/layer.ts'
import { NoPlace, type PlaceReason } from './no-place.ts'

/** For the slot `tier.observe`: tells of a call that a tier leaves for want of a place, once, however many replicas had none. */
export const countNoPlace =
  (onShed: (priority: Priority, reason: PlaceReason) => void): Layer =>
  (next, { computing }) =>
    computing
      ? async (batch, call) => {
          try {
            return await next(batch, call)
          } catch (error) {
            if (error instanceof NoPlace) onShed(call.priority, error.reason)
            throw error
          }
        }
      : next
