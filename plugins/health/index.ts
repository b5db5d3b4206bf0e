import fp from 'fastify-plugin'
import type { Config } from '../../gateway/config/schema.ts'
import { packageVersion } from '../../gateway/core/version.ts'
import { backendsComponent } from './backends.ts'
import { healthDescription, liveDescription, readyDescription } from './description.ts'
import { gatewayHealth, type GatewayHealth, type HealthReport } from './health.ts'
import { connectionsComponent, eventLoopComponent, memoryComponent } from './process.ts'
import { devicesComponent, modelsComponent } from './serving.ts'
import { storeComponent } from './store.ts'

declare module 'fastify' {
  interface FastifyInstance {
    health: GatewayHealth
    /** The answer of `/health`, for listeners that show it. */
    healthPage(): Promise<HealthPage>
  }
}

/** What `/health` answers. */
export interface HealthPage {
  readonly statusCode: 200 | 503
  readonly body: Readonly<Record<string, unknown>>
}

/**
 * `/health/live` never asks anybody: a gateway without a backend is alive. `/health/ready` asks what readiness depends on,
 * `/health` everything; the latter is here only when `publicMetrics` says so.
 */
export default fp<Pick<Config['server'], 'publicMetrics'>>(
  async (app, { publicMetrics }) => {
    const health = gatewayHealth(app.clock)
    app.decorate('health', health)
    const serving = [modelsComponent, devicesComponent, backendsComponent, storeComponent]
    const own = [memoryComponent, eventLoopComponent, connectionsComponent]
    for (const component of [...serving, ...own]) health.add(component(app))
    app.addHook('preClose', async () => health.drain())

    app.get('/health/live', { config: { description: liveDescription } }, async (_request, reply) => {
      void reply.header('cache-control', 'no-store')
      return { status: 'live' }
    })
    app.get('/health/ready', { config: { description: readyDescription } }, async (_request, reply) => {
      const report = await health.report('ready')
      void reply.code(report.ready ? 200 : 503).header('cache-control', 'no-store')
      return { status: readiness(report), components: report.components }
    })
    app.decorate('healthPage', async (): Promise<HealthPage> => {
      const report = await health.report('all')
      const status = report.ready && !report.ok ? 'degraded' : readiness(report)
      const { components } = report
      return {
        statusCode: report.ready ? 200 : 503,
        body: { status, version: packageVersion, uptimeSeconds: process.uptime(), components },
      }
    })
    if (!publicMetrics) return
    app.get('/health', { config: { description: healthDescription } }, async (_request, reply) => {
      const { statusCode, body } = await app.healthPage()
      void reply.code(statusCode).header('cache-control', 'no-store')
      return body
    })
  },
  { name: 'health', dependencies: ['metrics', 'pressure'] },
)

const readiness = ({ ready, draining }: HealthReport): string => {
  if (draining) return 'shutting_down'
  return ready ? 'ready' : 'not_ready'
}
