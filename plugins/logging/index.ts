import fp from 'fastify-plugin'
import { whenClosed } from '../../gateway/core/connection.ts'
import { endedStatus } from '../../gateway/core/ended-status.ts'
import { levelOf, requestFields } from './request-line.ts'

/** One line for each request, written when its answer is out or its caller gone. */
export default fp(
  async (app) => {
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
