import { Type } from 'typebox'
import type { RouteDescription } from '../../gateway/core/route-description.ts'

/** `GET /metrics` */
export const metricsDescription: RouteDescription = {
  operationId: 'getMetrics',
  tag: 'operating',
  summary: 'Metrics for Prometheus',
  answers: {
    200: {
      description: 'Every metric, in text format 0.0.4.',
      type: 'text/plain',
      schema: Type.String(),
      examples: {
        one: {
          summary: 'One of them',
          value:
            '# HELP embedgate_chain_available_tiers Computing tiers of the model that can be called now; 0 is an outage.\n' +
            '# TYPE embedgate_chain_available_tiers gauge\n' +
            'embedgate_chain_available_tiers{model="all-MiniLM-L6-v2"} 2\n',
        },
      },
    },
  },
}
