import fp from 'fastify-plugin'
import { Registry } from 'prom-client'
import type { Config } from '../../gateway/config/schema.ts'
import { bounded, other, tenantsOf } from './bounded.ts'
import { metricsDescription } from './description.ts'
import { readDrm } from './gpu/drm.ts'
import { gpuUtilization } from './gpu/gpu-utilization.ts'
import { readNvidia } from './gpu/nvidia-smi.ts'
import { processMetrics } from './process-metrics.ts'
import { promMeter, type PromMeter } from './prom-meter.ts'
import { requestMetrics } from './request-metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** All metrics as Prometheus text 0.0.4, for listeners that show them. */
    metricsText(): Promise<string>
    /** What the series of counters and gauges have come to, for those who show numbers. */
    readMetrics: PromMeter['read']
  }
}

/** The parts of the configuration that bound label values, and whether `/metrics` is on this listener. */
export type MetricsOptions = Pick<Config, 'models' | 'auth' | 'server'>

/**
 * The meter of the gateway, and what every HTTP request adds to it. It comes before anything that measures; what is
 * counted inside the chain is `observers.ts`.
 */
export default fp<MetricsOptions>(
  async (app, { models, auth, server }) => {
    const registry = new Registry()
    const meter = promMeter(registry, (error) => app.log.warn({ err: error }, 'a metric could not be collected'))
    app.decorate('meter', meter)
    app.decorate('metricsText', () => meter.scrape())
    app.decorate('readMetrics', (...names) => meter.read(...names))
    processMetrics(registry, meter)
    const stopGpus = gpuUtilization(meter, app.clock, [readNvidia, readDrm('/sys/class/drm')])
    app.addHook('onClose', async () => stopGpus())

    const modelLabel = bounded(new Set(Object.keys(models)))
    const tenantLabel = bounded(tenantsOf(auth.keys))
    const requests = requestMetrics(meter)

    app.observeRequests({
      begin: (route) => requests.begin(route ?? other),
      end: ({ route, summary, status, tenant, durationMs }) =>
        requests.end({
          route: route ?? other,
          model: modelLabel(summary?.model),
          status: String(status),
          tenant: tenantLabel(tenant),
          durationMs,
        }),
    })

    if (server.publicMetrics) {
      app.get('/metrics', { config: { description: metricsDescription } }, async (_request, reply) => {
        void reply.header('cache-control', 'no-store').type(registry.contentType)
        return meter.scrape()
      })
    }
  },
  { name: 'metrics', dependencies: ['requests'] },
)
