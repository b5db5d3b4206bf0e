import type { FastifyInstance } from 'fastify'
import { replicaName } from '../../gateway/core/replica-name.ts'
import { packageVersion } from '../../gateway/core/version.ts'
import type { BackendFacts } from '../health/backends.ts'
import type { LatestHealth } from '../health/health.ts'
import type { Reading } from '../metrics/prom-meter.ts'
import type { Events } from './events.ts'
import type { LastErrors } from './last-errors.ts'
import { modelReport } from './model-report.ts'
import { sampleEveryMs, type Sampler } from './sampler.ts'
import { overallState, sentence } from './sentence.ts'
import type { StatusReport } from './status-report.ts'
import type { ReplicaFacts } from './tier-report.ts'
import { troublesOf } from './troubles.ts'
import type { Traffic, TrafficCounts } from './traffic.ts'

/** What the report is made of, besides what the gateway is decorated with. */
export interface ReporterOptions {
  readonly traffic: Pick<Traffic, 'recent'>
  readonly sampler: Pick<Sampler, 'series'>
  readonly events: Pick<Events, 'list'>
  readonly errors: Pick<LastErrors, 'of'>
  /** Undefined: the embedded default. */
  readonly configPath: string | undefined
}

/** The window of traffic that runs and the one before: 5 to 10 s. */
const windowsJustNow = 2

/** Makes the report of this moment; waits for nobody. */
export const reporter = (app: FastifyInstance, options: ReporterOptions): (() => StatusReport) => {
  const { traffic, sampler, events, errors, configPath } = options
  const startedAtMs = Math.round(app.clock.wallNow() - process.uptime() * 1_000)
  return () => {
    const nowMs = app.clock.wallNow()
    const metrics = app.readMetrics('backend_queue_tokens', 'worker_restarts_total', 'cache_requests_total')
    const components = app.health.latest()
    const facts = factsOf(app, errors, metrics, components)
    const models = app.models.list().map((served) => modelReport(served, facts))
    const lastMinute = traffic.recent()
    const justNow = traffic.recent(windowsJustNow)
    const troubles = troublesOf({ components, lastMinute, justNow })
    const headline = { models, isDraining: app.health.isDraining(), troubles }
    const { timesMs, ...columns } = sampler.series.columns()
    return {
      version: 1,
      nowMs,
      state: overallState(headline),
      sentence: sentence(headline, nowMs),
      gateway: {
        version: packageVersion,
        node: process.version,
        commit: process.env['EMBEDGATE_COMMIT'] ?? 'unknown',
        pid: process.pid,
        startedAtMs,
        ...(configPath !== undefined && { configPath }),
        logLevel: app.log.level,
      },
      models,
      lastMinute: rates(lastMinute),
      series: { everyMs: sampleEveryMs, timesMs: [...timesMs], ...mutable(columns) },
      cache: [cacheOf(app, metrics.cache_requests_total)],
      memory: {
        usedBytes: columns.memoryBytes.at(-1) ?? app.pressure.memory.usedBytes(),
        limitBytes: app.pressure.memory.limit.bytes,
        limitFrom: app.pressure.memory.limit.source,
      },
      events: [...events.list()],
      overrides: app.settings
        .overrides()
        .map(({ key, value, fileValue, by, from, at }) => ({ key, value, fileValue, by, from, at })),
    }
  }
}

const factsOf = (
  app: FastifyInstance,
  errors: ReporterOptions['errors'],
  metrics: Readonly<Record<'backend_queue_tokens' | 'worker_restarts_total', readonly Reading[]>>,
  components: readonly LatestHealth[],
): ReplicaFacts => {
  const { asked = {} } = (components.find(({ name }) => name === 'backends')?.facts ?? {}) as Partial<BackendFacts>
  const breakers = new Map(app.breakers.list().map((each) => [`${each.backend}/${each.replica}`, each]))
  const queued = byBackend(metrics.backend_queue_tokens)
  const restarted = byBackend(metrics.worker_restarts_total)
  return {
    breakerOf: (backend, replica) => breakers.get(`${backend}/${replica}`),
    errorOf: (backend, replica) => errors.of(backend, replica),
    drainedSinceMs: (backend) => app.drains.sinceMs(backend),
    runsOn: (backend, replica) => asked[replicaName(backend, replica)]?.detail,
    queueTokens: (backend) => queued.get(backend),
    restarts: (backend) => restarted.get(backend),
  }
}

const byBackend = (readings: readonly Reading[]): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>()
  for (const { labels, value } of readings) {
    const backend = labels['backend'] ?? ''
    sums.set(backend, (sums.get(backend) ?? 0) + value)
  }
  return sums
}

const rates = (counts: TrafficCounts): StatusReport['lastMinute'] => {
  const { requests, serverErrors, callerErrors, latency, durationMs } = counts
  return {
    requestsPerSecond: requests / Math.max(1, durationMs / 1_000),
    errorRatio: requests === 0 ? 0 : serverErrors / requests,
    callerErrorRatio: requests === 0 ? 0 : callerErrors / requests,
    ...latency,
  }
}

const cacheOf = (app: FastifyInstance, lookUps: readonly Reading[]): StatusReport['cache'][number] => {
  const { tier } = app.store
  const { entries, bytes, maxBytes } = app.store.level()
  const readings = lookUps.filter(({ labels }) => labels['tier'] === tier)
  const textsThat = (result: string): number => readings.find(({ labels }) => labels['result'] === result)?.value ?? 0
  return {
    tier,
    entries,
    usedBytes: bytes,
    maxBytes,
    hits: textsThat('hit'),
    misses: textsThat('miss'),
    stale: textsThat('stale'),
    errors: textsThat('error'),
  }
}

const mutable = <K extends string>(columns: Readonly<Record<K, readonly (number | null)[]>>) =>
  columns as Record<K, (number | null)[]>
