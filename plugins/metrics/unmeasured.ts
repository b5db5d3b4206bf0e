import fp from 'fastify-plugin'
import { noMeter } from '../../gateway/core/meter.ts'

/** In place of `metrics`, for benchmarks that measure what it costs: nothing is counted. */
export default fp(
  async (app) => {
    app.decorate('meter', noMeter)
    app.decorate('metricsText', async () => '')
  },
  { name: 'metrics' },
)
