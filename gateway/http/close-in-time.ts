import type { FastifyInstance } from 'fastify'
import type { Cancel } from '../core/clock.ts'

/** How often connections that have just become idle are closed while the listener closes. */
const idleSweepMs = 50

/**
 * Bounds how long the listener takes to close, from now on: a connection that becomes idle is closed soon, and what is still in
 * flight after `graceMs` is cut. Nothing else would end a body that trickles in: Node keeps no time limits of requests once its
 * listener closes.
 *
 * @returns stops the timers; to be called when it has closed
 */
export const closeInTime = ({ server, clock, log }: FastifyInstance, graceMs: number): Cancel => {
  const sweep = (): void => {
    // Right after the event loop has read what has arrived: what is idle now has nothing to lose.
    setImmediate(() => server.closeIdleConnections())
    cancelSweep = clock.after(idleSweepMs, sweep)
  }
  let cancelSweep = clock.after(idleSweepMs, sweep)
  const cancelCut = clock.after(graceMs, () => {
    log.warn({ grace_ms: graceMs }, 'requests in flight are cut: the grace period is over')
    server.closeAllConnections()
  })
  return () => {
    cancelSweep()
    cancelCut()
  }
}
