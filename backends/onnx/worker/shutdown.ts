import type { SupervisorNotice } from '../protocol.ts'

/**
 * Resolves when a worker should stop: without a supervisor at SIGTERM or SIGINT; with one when it says so, or is gone.
 * Then signals are ignored: a terminal or a service manager sends them to the whole process group, and the gateway still
 * accepts requests for a moment, which a worker that drains at once would refuse.
 *
 * @param self the process it runs in
 */
export const stopRequested = (self: Pick<NodeJS.Process, 'on' | 'connected' | 'send'> = process): Promise<void> =>
  new Promise((resolve) => {
    const stop = (): void => resolve()
    // It stays defined when the channel has closed.
    const isSupervised = self.send !== undefined
    const onSignal = isSupervised ? (): void => {} : stop
    self.on('SIGTERM', onSignal)
    self.on('SIGINT', onSignal)
    if (!isSupervised) return
    self.on('message', (message) => {
      if ((message as Partial<SupervisorNotice>).stop === true) stop()
    })
    self.on('disconnect', stop)
    if (!self.connected) stop()
  })
