import type { SupervisorNotice } from '../protocol.ts'
import { isSupervised, type SelfProcess } from '../supervised.ts'

/**
 * Resolves when a worker should stop: without a supervisor at SIGTERM or SIGINT, the second of which ends the
 * process at once; with one when it says so, or is gone.
 * Then signals are ignored: a terminal or a service manager sends them to the whole process group, and the gateway still
 * accepts requests for a moment, which a worker that drains at once would refuse.
 *
 * @param self the process it runs in
 */
export const stopRequested = (
  self: SelfProcess & Pick<NodeJS.Process, 'on' | 'connected' | 'exit'> = process,
): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => resolve()
    let signals = 0
    const onSignal = (): void => {
      if (isSupervised(self)) return
      signals += 1
      if (signals > 1) self.exit(1)
      stop()
    }
    self.on('SIGTERM', onSignal)
    self.on('SIGINT', onSignal)
    if (!isSupervised(self)) return
    self.on('message', (message) => {
      if ((message as Partial<SupervisorNotice>).stop === true) stop()
    })
    self.on('disconnect', stop)
    if (!self.connected) stop()
  })
