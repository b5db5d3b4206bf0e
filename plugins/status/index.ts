import fp from 'fastify-plugin'
import type { Cancel } from '../../gateway/core/clock.ts'
import { statusDescription } from './description.ts'
import { eventSubject } from './event-subject.ts'
import { events } from './events.ts'
import { lastErrors } from './last-errors.ts'
import { observeTrail } from './observe-trail.ts'
import { pageRoutes } from './page-files.ts'
import { reporter } from './reporter.ts'
import { sampleEveryMs, sampler, windowsKept } from './sampler.ts'
import { StatusReport } from './status-report.ts'
import { traffic } from './traffic.ts'
import { watchReplicas } from './watch-replicas.ts'
import { watchWorkers } from './watch-workers.ts'

/** Options of the plugin `status`. */
export interface StatusOptions {
  /** Where the configuration was read from; undefined for the embedded default. */
  readonly configPath?: string | undefined
}

/** Happenings that are remembered. */
const eventsKept = 100
const watchEveryMs = 1_000

/** The status page at `/` of the admin listener, and what it shows as JSON at `/admin/status`. */
export default fp<StatusOptions>(
  async (app, { configPath }) => {
    const requests = traffic(app.clock, windowsKept)
    const happenings = events(app.clock, eventsKept)
    const errors = lastErrors(app.clock)
    const look = watchReplicas(happenings)
    const lookAtWorkers = watchWorkers(happenings)
    const samples = sampler({
      clock: app.clock,
      traffic: requests,
      cacheRequests: () => app.readMetrics('cache_requests_total').cache_requests_total,
      memoryBytes: () => app.pressure.memory.usedBytes(),
    })

    app.observeRequests({
      end: ({ summary, status, durationMs = 0 }) => {
        // Probes and scrapes have none: they would hide what callers see.
        if (summary) requests.ended(status, durationMs)
      },
    })
    app.chain.fill('request.observe', observeTrail(happenings, errors))
    app.breakers.onTransition(({ backend, replica }, { from, to, cause }) => {
      const subject = eventSubject(app.backends.replicas(), backend, replica)
      happenings.note({ kind: 'breaker', ...subject, from, to, reason: cause })
    })

    app.drains.onChange((subject, isDrained) => {
      const [from, to] = isDrained ? ['in use', 'drained'] : ['drained', 'in use']
      happenings.note({ kind: 'drain', subject, from, to })
    })

    let cancel: Cancel | undefined
    let looks = 0
    const lookAgain = (): void => {
      look(app.backends.replicas())
      lookAtWorkers(app.readMetrics('worker_restarts_total').worker_restarts_total)
      if (++looks % (sampleEveryMs / watchEveryMs) === 0) samples.sample()
      cancel = app.clock.after(watchEveryMs, lookAgain)
    }
    app.addHook('onReady', async () => lookAgain())
    app.addHook('onClose', async () => cancel?.())

    const report = reporter(app, {
      traffic: requests,
      sampler: samples,
      events: happenings,
      errors,
      configPath,
    })
    pageRoutes(app.admin)
    app.admin.get('/admin/status', {
      config: { description: statusDescription },
      schema: { response: { 200: StatusReport } },
      // What is made here has the right shape; checking every number of the charts would cost more than making them.
      serializerCompiler: () => JSON.stringify,
      handler: async (_request, reply) => {
        void reply.header('cache-control', 'no-store')
        return report()
      },
    })
  },
  {
    name: 'status',
    dependencies: [
      'admin',
      'admin-api',
      'admin-settings',
      'chain',
      'metrics',
      'health',
      'pressure',
      'breakers',
      'store',
      'http',
    ],
  },
)
