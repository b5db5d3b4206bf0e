import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { callerGoneStatus } from '../core/ended-status.ts'
import { errorTable, type ErrorCode } from '../core/errors.ts'
import { attemptsOf, trailOf } from '../core/trail.ts'
import { errorBody, isCallerGone, publicError, retryHeaders } from './error-answer.ts'
import { wrongRoutes } from './wrong-route.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts an error that was answered, in `errors_total`. */
    countError(code: ErrorCode): void
  }
}

/** Codes that requests are answered with; the others stop a start. */
const answeredCodes = (Object.keys(errorTable) as ErrorCode[]).filter(
  (code) => errorTable[code].type !== 'start_up_error',
)

/**
 * Answers every error of every route in the one error shape, and counts it. It comes before any plugin that has routes:
 * a route keeps the error handler that was there when it was added.
 */
export default fp(async (app: FastifyInstance) => answerErrors(app), { name: 'errors' })

const answerErrors = (app: FastifyInstance): void => {
  let errorsTotal: ReturnType<FastifyInstance['meter']['counter']> | undefined
  // The plugin that brings the meter has a route too, so it comes later.
  app.addHook('onReady', (done) => {
    errorsTotal = app.meter.counter('errors_total', 'Errors answered to callers, by code.', ['code'])
    // From the start, so that a rate sees the first one too.
    for (const code of answeredCodes) errorsTotal({ code })
    done()
  })
  const count = (code: ErrorCode): void => errorsTotal?.({ code })()
  app.decorate('countError', count)

  const handle = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (isCallerGone(thrown)) {
      summarise(request, 'caller_gone')
      return reply.code(callerGoneStatus).send()
    }
    const error = publicError(thrown)
    summarise(request, error.code)
    count(error.code)
    if (error.code === 'EG_INTERNAL') request.log.error({ err: thrown }, 'internal error')
    return reply
      .code(error.row.status)
      .headers({ ...retryHeaders(error), ...attemptHeaders(thrown, request) })
      .type('application/json; charset=utf-8')
      .send(errorBody(error))
  }
  const wrongRoute = wrongRoutes(app)
  app.setErrorHandler(handle)
  // Before a body is read: its type is no matter where nobody takes it, and it may be large.
  app.addHook('preParsing', (request, reply, payload, done) => {
    done(request.is404 ? wrongRoute(request, reply) : null, payload)
  })
  app.setNotFoundHandler((request, reply) => handle(wrongRoute(request, reply), request, reply))
}

const summarise = (request: FastifyRequest, outcome: string): void => {
  if (request.summary) request.summary.outcome = outcome
  else request.summary = { outcome }
}

/** Also 0, for a request that was understood and refused before anything was tried. */
const attemptHeaders = (error: unknown, { summary }: FastifyRequest): Record<string, string> => {
  const trail = trailOf(error)
  if (trail.length === 0 && summary?.model === undefined) return {}
  return { 'x-embedgate-attempts': String(attemptsOf(trail)) }
}
