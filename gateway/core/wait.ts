import type { Call } from './call.ts'
import type { Cancel, Clock } from './clock.ts'
import { untilEnded } from './until-aborted.ts'

/**
 * Waits `ms` of a call's time, until it ends when that is Infinity. No timer and no listener is left.
 *
 * @throws what ended the call, at once
 */
export const wait = async (clock: Pick<Clock, 'after'>, ms: number, call: Pick<Call, 'onEnd'>): Promise<void> => {
  let cancel: Cancel | undefined
  const over = new Promise<void>((resolve) => {
    if (ms !== Infinity) cancel = clock.after(ms, resolve)
  })
  try {
    await untilEnded(call, over)
  } finally {
    cancel?.()
  }
}
