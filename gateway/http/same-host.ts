import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../core/errors.ts'

/**
 * Refuses requests with more than one Host header, as RFC 9112 (3.2) asks: Node keeps the first, a proxy may have routed by
 * the other.
 */
export const refuseAmbiguousHost = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, _reply, done) => {
    if (!isAmbiguous(request.raw.rawHeaders)) return done()
    done(new GatewayError('EG_INPUT_INVALID', 'the request has more than one Host header', { param: 'host' }))
  })
}

const isAmbiguous = (rawHeaders: readonly string[]): boolean => {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}
