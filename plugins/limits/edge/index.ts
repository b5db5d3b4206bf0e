import type { FastifyInstance, FastifyRequest } from 'fastify'
import { whenClosed } from '../../../gateway/core/connection.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { autoBodyBytes, bodyBytes } from './body-bytes.ts'
import { requestsInFlight } from './requests-in-flight.ts'

/** Why something was refused before it was understood; a metric label. */
export type EdgeReason = 'connections' | 'requests_in_flight' | 'loop_delay' | 'body_bytes'

/** What the edge bounds. */
export interface EdgeOptions {
  /** Embedding requests at once, from their first header to the end of their answer. */
  readonly requestsInFlight: number
  /** Bytes of all request bodies at once. */
  readonly bodyBytes: number | 'auto'
  /** Delay of the event loop above which embedding requests are refused. */
  readonly loopDelayP99Ms: number
}

/** While the loop is late, so many requests are let in all the same: it may be late because of others on this machine. */
const fewRequests = 32
/** Requests that call themselves bulk are refused from this share of the delay on: others may then never be. */
const bulkRatio = 0.75
const retryAfterMs = 1_000

/**
 * Refuses what comes, by what is cheap to know: before a body is read, or while it is. Health and metrics are never refused.
 *
 * @throws GatewayError `EG_OVERLOADED`
 */
export const guardEdge = (app: FastifyInstance, options: EdgeOptions, onShed: (reason: EdgeReason) => void): void => {
  const { memory, loopDelay, connectionLimit } = app.pressure
  const requests = requestsInFlight(options.requestsInFlight)
  const bodies = bodyBytes(options.bodyBytes === 'auto' ? autoBodyBytes(memory.limit.bytes) : options.bodyBytes)
  const refusal = (reason: EdgeReason, message: string): GatewayError => {
    onShed(reason)
    return new GatewayError('EG_OVERLOADED', message, { retryAfterMs })
  }
  const isTooLate = ({ headers }: FastifyRequest): boolean => {
    if (requests.count() < fewRequests) return false
    const ratio = headers['x-embedgate-priority'] === 'bulk' ? bulkRatio : 1
    return loopDelay.percentile(0.99) > options.loopDelayP99Ms * ratio
  }

  app.server.maxConnections = connectionLimit
  app.server.on('drop', () => onShed('connections'))
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'POST') return done()
    if (isTooLate(request)) return done(refusal('loop_delay', 'the gateway has too much to do'))
    if (requests.admit(reply.raw, request.raw.socket)) return done()
    done(refusal('requests_in_flight', 'too many requests at once'))
  })
  app.addHook('preParsing', (request, reply, payload, done) => {
    if (request.method === 'POST') {
      const forget = bodies.watch(request.raw, () => refusal('body_bytes', 'request bodies take too much memory'))
      whenClosed(reply.raw, request.raw.socket, forget)
    }
    done(null, payload)
  })
}
