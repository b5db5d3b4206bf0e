import { Type } from 'typebox'
import type { RouteDescription } from '../../../../gateway/core/route-description.ts'

/** Adds what tells a route below `/admin` from the same one above it. */
const idOf = (name: string, path: string): string => (path.startsWith('/admin/') ? `getAdmin${name}` : `get${name}`)

/** `GET /metrics` and `/admin/metrics` */
export const metricsDescription = (path: string): RouteDescription => ({
  operationId: idOf('Metrics', path),
  tag: 'looking',
  summary: 'Metrics for Prometheus',
  answers: { 200: { description: 'Every metric, in text format 0.0.4.', type: 'text/plain', schema: Type.String() } },
})

const health = Type.Object({
  status: Type.String({ description: '`ready`, `degraded`, `not_ready` or `shutting_down`.' }),
  version: Type.String(),
  uptimeSeconds: Type.Number(),
  components: Type.Record(Type.String(), Type.Object({ ok: Type.Boolean() })),
})

/** `GET /health` and `/admin/health` */
export const healthDescription = (path: string): RouteDescription => ({
  operationId: idOf('Health', path),
  tag: 'looking',
  summary: 'Every part with its state',
  answers: {
    200: { description: 'Ready; `degraded` when a part that readiness does not depend on is not ok.', schema: health },
    503: { description: 'Not ready.', schema: health },
  },
})
