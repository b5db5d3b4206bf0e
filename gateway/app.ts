import { resolve } from 'node:path'
import Fastify, { LogController, type FastifyInstance } from 'fastify'
import cached from '../backends/cached/index.ts'
import onnx from '../backends/onnx/index.ts'
import openai from '../backends/openai/index.ts'
import synthetic from '../backends/synthetic/index.ts'
import tei from '../backends/tei/index.ts'
import adminApi from '../plugins/admin/api/index.ts'
import admin from '../plugins/admin/index.ts'
import adminSettings from '../plugins/admin/settings/index.ts'
import auth from '../plugins/auth/index.ts'
import breakers from '../plugins/breakers/index.ts'
import cache from '../plugins/cache/index.ts'
import docs from '../plugins/docs/index.ts'
import health from '../plugins/health/index.ts'
import limits from '../plugins/limits/index.ts'
import { loggerOptions } from '../plugins/logging/logger-options.ts'
import { logLevelsOf } from '../plugins/logging/log-levels.ts'
import logging from '../plugins/logging/index.ts'
import metrics from '../plugins/metrics/index.ts'
import observers from '../plugins/metrics/observers.ts'
import unmeasured from '../plugins/metrics/unmeasured.ts'
import pressure from '../plugins/pressure/index.ts'
import proxy from '../plugins/proxy/index.ts'
import retries from '../plugins/retries/index.ts'
import status from '../plugins/status/index.ts'
import timeouts from '../plugins/timeouts/index.ts'
import tracing from '../plugins/tracing/index.ts'
import type { SpanMaker } from '../plugins/tracing/request-spans.ts'
import store from '../store/index.ts'
import chain from './chain/index.ts'
import type { Config } from './config/schema.ts'
import { systemClock, type Clock } from './core/clock.ts'
import errors from './http/errors.ts'
import requests from './http/requests.ts'
import http from './http/index.ts'
import { unroutedErrors } from './http/server-options.ts'
import { loadPlugins } from './load-plugins.ts'

/** What a test or a command may set besides the configuration. */
export interface AppOptions {
  /** The clock of every layer, backend and store; the system's by default. */
  readonly clock?: Clock
  /** The folder that relative plugin paths start from; the working directory by default. */
  readonly baseDir?: string
  /** Where the configuration was read from; undefined for the embedded default. */
  readonly configPath?: string
  /** Uniform in [0, 1): jitter of waits, choice of replicas; `Math.random` by default. */
  readonly random?: () => number
  /** Goes by the configuration alone, whatever operators have changed; false by default. */
  readonly ignoresOverrides?: boolean
  /** Makes the spans of requests, instead of what OpenTelemetry's environment variables say. */
  readonly spans?: SpanMaker
  /** What is left out, for benchmarks that measure what it costs; nothing by default. */
  readonly without?: ReadonlySet<Observation>
}

/** What the gateway tells of itself with every request, whatever the configuration says. */
export type Observation = 'metrics' | 'logs'

/**
 * Puts the whole gateway together, ready to `listen` or `inject`. The one place that knows all parts: each plugin brings
 * one concern, and `core/order.ts` says where its layer stands.
 *
 * @throws GatewayError a start-up code, naming what is wrong and where
 */
export const buildApp = async (config: Config, options: AppOptions = {}): Promise<FastifyInstance> => {
  const { requestTimeoutMs, bulkTimeoutMs } = config.server
  const { random = Math.random, without = new Set<Observation>() } = options
  const levels = logLevelsOf()
  const app = Fastify({
    logger: { ...loggerOptions(config.telemetry), onChild: levels.onChild },
    childLoggerFactory: levels.childLoggerFactory,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    bodyLimit: config.server.bodyLimitBytes,
    requestTimeout: bulkTimeoutMs,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    ...unroutedErrors,
    // Never above the time for the whole request: Node would take the one for the other.
    http: { ...unroutedErrors.http, headersTimeout: Math.min(60_000, requestTimeoutMs, bulkTimeoutMs) },
  })
  app.decorate('clock', options.clock ?? systemClock)
  app.decorate('dataDir', resolve(config.dataDir))
  app.decorate('setLogLevel', (level) => levels.set(app.log, level))

  // How requests begin and end, and how they are refused
  await app.register(errors)
  await app.register(requests)

  // Where operators look; its routes come with what they show
  await app.register(admin, config.admin)

  // How it is called
  await app.register(docs, config)

  // What the gateway knows of itself
  await app.register(without.has('metrics') ? unmeasured : metrics, config)
  if (!without.has('logs')) await app.register(logging)
  await app.register(pressure, config.limits)
  await app.register(health, config.server)

  // What can answer
  await app.register(chain, { backends: config.backends, models: config.models, ...config.timeouts, random })
  await app.register(store, config.cache)
  await app.register(onnx, config)
  await app.register(openai)
  await app.register(tei)
  await app.register(cached, config.cache)
  await app.register(synthetic)
  await loadPlugins(app, config.plugins, options.baseDir ?? process.cwd())

  // What stands in between
  await app.register(tracing, options.spans ? { spans: options.spans } : {})
  await app.register(cache, config.cache)
  await app.register(limits, config.limits)
  await app.register(breakers, { ...config, random })
  await app.register(timeouts, config.timeouts)
  await app.register(retries, { ...config.retry, random })
  await app.register(auth, config.auth)
  if (!without.has('metrics')) await app.register(observers, config)

  // What callers see
  await app.register(http, {
    server: config.server,
    limits: config.limits,
    reusesMemory: config.plugins.length === 0,
  })
  await app.register(proxy, { backends: config.backends, ...config.server })

  // What operators see and change
  await app.register(adminSettings, { config, ignoresOverrides: options.ignoresOverrides ?? false })
  await app.register(adminApi)
  await app.register(status, options)
  return app
}
