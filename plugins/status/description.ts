import type { RouteDescription } from '../../gateway/core/route-description.ts'
import { StatusReport } from './status-report.ts'

/** `GET /admin/status` */
export const statusDescription: RouteDescription = {
  operationId: 'getStatus',
  tag: 'looking',
  summary: 'What the status page shows',
  answers: {
    200: { description: 'Chains, traffic of the last 15 minutes, cache, recent events.', schema: StatusReport },
  },
}
