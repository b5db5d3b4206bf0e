import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../core/errors.ts'

/**
 * Refuses requests with more than one Host header, or in HTTP/1.1 with none, as RFC 9112 (3.2) asks. Of two, Node keeps the
 * first, and a proxy may have routed by the other.
 */
export const refuseWrongHost = (app: FastifyInstance): void => {
  app.addHook('onRequest', (request, _reply, done) => {
    const fault = faultOf(request.raw)
    if (fault === undefined) done()
    else done(new GatewayError('EG_INPUT_INVALID', `the request has ${fault}`, { param: 'host' }))
  })
}

const faultOf = ({ headers, rawHeaders, httpVersion }: IncomingMessage): string | undefined => {
  if (headers.host === undefined && httpVersion === '1.1') return 'no Host header'
  return isAmbiguous(rawHeaders) ? 'more than one Host header' : undefined
}

const isAmbiguous = (rawHeaders: readonly string[]): boolean => {
  let hosts = 0
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? ''
    if (name.length === 4 && name.toLowerCase() === 'host') hosts++
  }
  return hosts > 1
}
