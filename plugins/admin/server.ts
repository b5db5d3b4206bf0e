import Fastify, { LogController, type FastifyInstance } from 'fastify'
import { replaceBareAnswers } from '../../gateway/http/bare-answers.ts'
import { refuseWhileClosing } from '../../gateway/http/closing.ts'
import errors from '../../gateway/http/errors.ts'
import requests from '../../gateway/http/requests.ts'
import { refuseWrongHost } from '../../gateway/http/same-host.ts'
import { unroutedErrors } from '../../gateway/http/server-options.ts'

/** Changes are small. */
const bodyLimitBytes = 65_536
/** How long a request may take to arrive. */
const arriveMs = 10_000
/** How long answers under way may take when the gateway has stopped. */
const closeGraceMs = 1_000
/** Operators, their pages and Prometheus. */
const maxConnections = 256

/** A listener of its own with the log, the error shape and the counters of the gateway, and no routes yet. */
export const adminServer = async (app: FastifyInstance): Promise<FastifyInstance> => {
  const admin = Fastify({
    loggerInstance: app.log,
    childLoggerFactory: app.childLoggerFactory,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: bodyLimitBytes,
    requestTimeout: arriveMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    // A key that is not known is refused, not dropped: `?tenatn=a` must not clear the whole cache. Nor is a type made of another:
    // `""` is not a body that is not there.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
    routerOptions: { ignoreTrailingSlash: true },
    ...unroutedErrors,
    http: { ...unroutedErrors.http, headersTimeout: arriveMs },
  })
  admin.decorate('clock', app.clock)
  // The plugin that brings the meter has routes for this listener, so it comes later.
  admin.decorate('meter', { getter: () => app.meter })
  await admin.register(errors)
  await admin.register(requests)
  admin.server.maxConnections = maxConnections
  admin.addHook('onRequest', (_request, reply, done) => {
    reply.header('cache-control', 'no-store')
    done()
  })
  refuseWhileClosing(admin, closeGraceMs)
  replaceBareAnswers(admin)
  refuseWrongHost(admin)
  takeEmptyBodies(admin)
  return admin
}

/** Most changes say all in their path, and yet must be sent as JSON. */
const takeEmptyBodies = (admin: FastifyInstance): void => {
  const parse = admin.getDefaultJsonParser('error', 'error')
  admin.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, undefined)
    else void parse(request, body, done)
  })
}
