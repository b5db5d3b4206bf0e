import type { FastifyInstance } from 'fastify'
import { healthDescription, metricsDescription } from './describe/observation.ts'

/** `GET /metrics` and `/health`, also below `/admin`: as on the public listener, whether or not they are there. */
export const observationRoutes = (app: FastifyInstance): void => {
  const { admin } = app
  for (const path of ['/metrics', '/admin/metrics']) {
    admin.get(path, { config: { description: metricsDescription(path) } }, async (_request, reply) => {
      void reply.type('text/plain; version=0.0.4; charset=utf-8')
      return app.metricsText()
    })
  }
  for (const path of ['/health', '/admin/health']) {
    admin.get(path, { config: { description: healthDescription(path) } }, async (_request, reply) => {
      const { statusCode, body } = await app.healthPage()
      void reply.code(statusCode)
      return body
    })
  }
}
