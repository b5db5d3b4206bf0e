import fp from 'fastify-plugin'
import { whenClosed } from '../../gateway/core/connection.ts'
import { endedStatus } from '../../gateway/core/ended-status.ts'
import type { LogLevel, LogLevels } from './log-levels.ts'
import { levelOf, requestFields } from './request-line.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Sets how much is logged from now on, by `app.log` and by all loggers made from it. */
    setLogLevel(level: LogLevel): void
  }
}

/** What the logger was made with. */
export interface LoggingOptions {
  readonly levels: LogLevels
}

/** One line for each request, written when its answer is out or its caller gone. */
export default fp<LoggingOptions>(
  async (app, { levels }) => {
    app.decorate('setLogLevel', (level) => levels.set(app.log, level))
    app.addHook('onRequest', (request, reply, done) => {
      whenClosed(reply.raw, request.raw.socket, () => {
        const { traceparent } = request.headers
        const ended = {
          id: request.id,
          trace: request.trace,
          traceparent: typeof traceparent === 'string' ? traceparent : undefined,
          method: request.method,
          route: request.routeOptions.url,
          status: endedStatus(reply.raw, request.raw.socket),
          tenant: request.identity?.tenant,
          durationMs: reply.elapsedTime,
          summary: request.summary,
        }
        const level = levelOf(ended)
        app.log[level](requestFields(ended), 'request')
      })
      done()
    })
  },
  { name: 'logging' },
)
