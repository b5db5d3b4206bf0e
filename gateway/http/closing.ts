import type { FastifyInstance } from 'fastify'
import type { Cancel } from '../core/clock.ts'
import { GatewayError } from '../core/errors.ts'
import { closeInTime } from './close-in-time.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** From now on every answer closes its connection, so that clients go elsewhere for their next request. */
    closeConnections(): void
  }
}

/**
 * While the listener closes, requests in flight finish, and new ones on connections that are still open are told to go
 * elsewhere, at once and for good: their connection is closed too.
 *
 * @param graceMs how long those in flight may take
 */
export const refuseWhileClosing = (app: FastifyInstance, graceMs: number): void => {
  let keepsConnections = true
  let isClosing = false
  let stopTimers: Cancel | undefined
  app.decorate('closeConnections', () => {
    keepsConnections = false
  })
  app.addHook('preClose', (done) => {
    keepsConnections = false
    isClosing = true
    stopTimers = closeInTime(app, graceMs)
    done()
  })
  app.addHook('onClose', async () => stopTimers?.())
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // Otherwise Node keeps the connection open for as long as an idle one may stay, and the listener with it.
    if (!keepsConnections) reply.header('connection', 'close')
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!isClosing) return done()
    done(new GatewayError('EG_SHUTTING_DOWN', 'this gateway is shutting down', { retryAfterMs: 1000 }))
  })
}
