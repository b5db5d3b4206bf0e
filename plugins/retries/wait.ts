import type { Call } from '../../gateway/core/call.ts'
import type { Cancel, Clock } from '../../gateway/core/clock.ts'
import { untilEnded } from '../../gateway/core/until-aborted.ts'

/**
 * Waits `ms` of a call's time. No timer and no listener is left.
 *
 * @throws what ended the call, at once
 */
export const wait = async (clock: Pick<Clock, 'after'>, ms: number, call: Pick<Call, 'onEnd'>): Promise<void> => {
  let cancel: Cancel | undefined
  const over = new Promise<void>((resolve) => {
    cancel = clock.after(ms, resolve)
  })
  try {
    await untilEnded(call, over)
  } finally {
    cancel?.()
  }
}
