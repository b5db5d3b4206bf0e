import fp from 'fastify-plugin'
import { noMeter } from '../../gateway/core/meter.ts'
import type { PromMeter } from './prom-meter.ts'

const nothingOf: PromMeter['read'] = (...names) =>
  Object.fromEntries(names.map((name) => [name, []])) as unknown as ReturnType<PromMeter['read']>

/** In place of `metrics`, for benchmarks that measure what it costs: nothing is counted. */
export default fp(
  async (app) => {
    app.decorate('meter', noMeter)
    app.decorate('metricsText', async () => '')
    app.decorate('readMetrics', nothingOf)
  },
  { name: 'metrics' },
)
