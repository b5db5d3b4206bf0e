import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../core/errors.ts'

/**
 * While the listener closes, requests in flight finish, and new ones on connections that are still open are told to go
 * elsewhere, at once and for good: their connection is closed too.
 */
export const refuseWhileClosing = (app: FastifyInstance): void => {
  let isClosing = false
  app.addHook('preClose', (done) => {
    isClosing = true
    done()
  })
  app.addHook('onSend', (_request, reply, _payload, done) => {
    // Otherwise Node keeps the connection open for as long as an idle one may stay, and the listener with it.
    if (isClosing) reply.header('connection', 'close')
    done()
  })
  app.addHook('onRequest', (_request, _reply, done) => {
    if (!isClosing) return done()
    done(new GatewayError('EG_SHUTTING_DOWN', 'this gateway is shutting down', { retryAfterMs: 1000 }))
  })
}
