import Fastify, { type FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { hash } from 'node:crypto'
import type { Call } from '../../../gateway/core/call.ts'
import { systemClock, type Clock } from '../../../gateway/core/clock.ts'
import { computed, type EmbedBatch, type Embeddings, type Try } from '../../../gateway/core/embeddings.ts'
import type { EmbedFn } from '../../../gateway/core/layer.ts'
import { noMeter, type Meter } from '../../../gateway/core/meter.ts'
import type { Model } from '../../../gateway/core/model.ts'
import type { ServedModel } from '../../../gateway/core/served-model.ts'
import { spaceId, type Space } from '../../../gateway/core/space.ts'
import { tokenEstimate } from '../../../gateway/core/token-estimate.ts'
import requests from '../../../gateway/http/requests.ts'
import errors from '../../../gateway/http/errors.ts'
import http from '../../../gateway/http/index.ts'
import { unroutedErrors } from '../../../gateway/http/server-options.ts'
import type { HttpOptions } from '../../../gateway/http/answer.ts'
import auth, { type AuthOptions } from '../../../plugins/auth/index.ts'
import { gatewayHealth } from '../../../plugins/health/health.ts'
import limits from '../../../plugins/limits/index.ts'
import pressure from '../../../plugins/pressure/index.ts'

export const dims = 8

const space: Space = {
  model: 'test/tiny',
  revision: 'r1',
  dims,
  pooling: 'mean',
  normalized: true,
  maxTokens: 256,
  prompts: {},
}

export const modelOf = (overrides: Partial<Model> = {}, spaceOverrides: Partial<Space> = {}): Model => {
  const its = { ...space, ...spaceOverrides }
  return {
    name: 'tiny',
    aliases: ['small'],
    space: its,
    spaceId: spaceId(its),
    minParity: 0.999,
    onTooLong: 'truncate',
    matryoshkaDims: [],
    estimate: tokenEstimate(its.maxTokens),
    ...overrides,
  }
}

/** A unit vector that depends on the text alone. */
export const vectorFor = (text: string, width: number = dims): Float32Array => {
  const digest = hash('sha512', text, 'buffer')
  const raw = Float32Array.from({ length: width }, (_, index) => (digest[index % 64] ?? 0) - 127.5)
  return raw.map((value) => value / Math.hypot(...raw))
}

export const success: Try = {
  backend: 'cpu',
  replica: 0,
  tier: 0,
  computing: true,
  outcome: 'success',
  durationMs: 1,
}

/** What a chain with one healthy tier answers. */
export const embeddingsFor = (texts: readonly string[], overrides: Partial<Embeddings> = {}): Embeddings => ({
  ...computed(
    texts.map((text) => vectorFor(text)),
    dims,
    texts.map((text) => text.length + 2),
  ),
  trail: [success],
  ...overrides,
})

export const answering =
  (overrides: Partial<Embeddings> = {}): EmbedFn =>
  async (batch) =>
    embeddingsFor(batch.texts, overrides)

export interface Seen {
  readonly batch: EmbedBatch
  readonly call: Call
}

export interface GatewayOptions {
  readonly embed?: EmbedFn
  readonly models?: readonly Model[]
  readonly server?: Partial<HttpOptions['server']>
  readonly limits?: Partial<HttpOptions['limits']>
  readonly keys?: AuthOptions['keys']
  readonly clock?: Clock
  readonly meter?: Meter
  /** Registered last, as a plugin author would. */
  readonly extra?: (app: FastifyInstance) => void
}

export interface TestGateway {
  readonly app: FastifyInstance
  /** What reached the chain, in order. */
  readonly seen: Seen[]
}

/** The public APIs over a chain that is a function. */
export const gateway = async (options: GatewayOptions = {}): Promise<TestGateway> => {
  const seen: Seen[] = []
  const embed = options.embed ?? answering()
  const server = {
    host: '127.0.0.1',
    port: 0,
    bodyLimitBytes: 4_194_304,
    requestTimeoutMs: 10_000,
    bulkTimeoutMs: 120_000,
    shutdownDelayMs: 1,
    shutdownGraceMs: 1000,
    publicMetrics: true,
    ...options.server,
  }
  const bounds = {
    requestTokens: 300_000,
    requestTexts: 2048,
    bulkTokens: 16_384,
    queueTokens: 1_048_576,
    requestsInFlight: 4096,
    bodyBytes: 'auto' as const,
    memoryBytes: 'auto' as const,
    loopDelayP99Ms: 200,
    ...options.limits,
  }
  const app = Fastify({
    bodyLimit: server.bodyLimitBytes,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true },
    ...unroutedErrors,
  })
  const served = (options.models ?? [modelOf()]).map((model): ServedModel => ({
    model,
    embed: (batch, call) => {
      seen.push({ batch, call })
      return embed(batch, call)
    },
    tiers: () => [],
  }))
  app.decorate('clock', options.clock ?? systemClock)
  app.decorate('meter', options.meter ?? noMeter)
  await app.register(
    fp(
      async (instance) => {
        instance.decorate('models', {
          find: (name: string) => served.find(({ model }) => model.name === name || model.aliases.includes(name)),
          list: () => served,
        })
        instance.decorate('chain', { fill: () => {}, gate: () => {}, onDrift: () => {} })
      },
      { name: 'chain' },
    ),
  )
  await app.register(
    fp(async (instance) => void instance.decorate('health', gatewayHealth(app.clock)), { name: 'health' }),
  )
  await app.register(errors)
  await app.register(requests)
  app.get('/health/live', () => ({ status: 'up' }))
  await app.register(pressure, bounds)
  await app.register(limits, bounds)
  await app.register(auth, { keys: options.keys ?? [] })
  await app.register(http, { server, limits: bounds, reusesMemory: true })
  options.extra?.(app)
  return { app, seen }
}

export interface ErrorAnswer {
  readonly error: {
    readonly message: string
    readonly type: string
    readonly param: string | null
    readonly code: string
  }
}

/** Posts JSON to a path of the gateway. */
export const post = (app: FastifyInstance, url: string, payload: object, headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url, payload, headers })

/** Asks for the embeddings of `input` as OpenAI's clients do. */
export const ask = (app: FastifyInstance, fields: object, headers: Record<string, string> = {}) =>
  post(app, '/v1/embeddings', { model: 'tiny', ...fields }, headers)

/** A promise to be settled from outside. */
export const deferred = <T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } => {
  let settled: ((value: T) => void) | undefined
  const promise = new Promise<T>((settle) => {
    settled = settle
  })
  return { promise, resolve: (value) => settled?.(value) }
}
