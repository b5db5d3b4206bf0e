import { Type, type Static, type TObject, type TSchema, type TUnsafe } from 'typebox'
import type { BreakerSettings, Overrides, RetrySettings } from '../core/policy.ts'
import { AdminConfig } from './admin-schema.ts'
import { BatchingConfig } from './batching-schema.ts'

const strict = { additionalProperties: false } as const
/** A time limit; a longer one than Node's timers can count would fire at once. */
const milliseconds = (fallback: number, description: string) =>
  Type.Integer({ minimum: 1, maximum: 2_147_483_647, default: fallback, description })
const age = (fallback: number, description: string) => Type.Integer({ minimum: 1, default: fallback, description })
const bytes = (fallback: number, description: string) => Type.Integer({ minimum: 1, default: fallback, description })

/** The public listener. */
export const ServerConfig = Type.Object(
  {
    host: Type.String({
      default: '127.0.0.1',
      description: 'Address to listen on. A name stands for one of its addresses, an IPv4 one if it has any.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 8080,
      description: 'Port to listen on; 0 picks a free one.',
    }),
    bodyLimitBytes: bytes(4_194_304, 'Largest request body; more is 413 EG_BODY_TOO_LARGE.'),
    requestTimeoutMs: milliseconds(10_000, 'Deadline of an interactive request.'),
    bulkTimeoutMs: milliseconds(120_000, 'Deadline of a bulk request.'),
    shutdownDelayMs: milliseconds(
      250,
      'How long the gateway still answers after SIGTERM, not ready and closing connections, so that load balancers notice.',
    ),
    shutdownGraceMs: milliseconds(30_000, 'How long requests in flight may take to finish after SIGTERM.'),
    publicMetrics: Type.Boolean({ default: true, description: 'Serve /metrics and /health on this listener.' }),
  },
  strict,
)

/** One bearer key. */
export const KeyConfig = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'For logs and operators.' }),
    sha256: Type.String({
      pattern: '^[0-9a-f]{64}$',
      description: 'SHA-256 of the key, as `embedgate keys new` prints it.',
    }),
    tenant: Type.String({
      minLength: 1,
      description: 'Whose cache entries, turns and metrics these requests belong to.',
    }),
    requestsPerMinute: Type.Optional(Type.Integer({ minimum: 1, description: 'Unlimited when left out.' })),
    tokensPerMinute: Type.Optional(Type.Integer({ minimum: 1, description: 'Unlimited when left out.' })),
    priority: Type.Union([Type.Literal('interactive'), Type.Literal('bulk')], {
      default: 'interactive',
      description: 'Class of requests that name none.',
    }),
  },
  strict,
)

/** Who may call. */
export const AuthConfig = Type.Object(
  { keys: Type.Array(KeyConfig, { default: [], description: 'Accepted bearer keys; none leaves the gateway open.' }) },
  strict,
)

const count = (fallback: number, description: string) => Type.Integer({ minimum: 1, default: fallback, description })
const ratio = (fallback: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: fallback, description })

/** When breakers open and close. */
export const BreakerConfig = Type.Object(
  {
    burst: Type.Object(
      {
        failures: count(5, 'Failures within the window that open a breaker.'),
        windowMs: milliseconds(10_000, 'Window of this rule.'),
        minRatio: ratio(0.2, "Share of the window's calls that must have failed too."),
        cooldownMs: milliseconds(30_000, 'How long it stays open.'),
        successes: count(2, 'Successes in a row that close it.'),
      },
      strict,
    ),
    rate: Type.Object(
      {
        ratio: ratio(0.5, "More than this share of the window's calls has failed."),
        minCalls: count(20, 'With fewer calls in the window the rule says nothing.'),
        windowMs: milliseconds(60_000, 'Window of this rule.'),
        cooldownMs: milliseconds(300_000, 'How long it stays open.'),
        successes: count(10, 'Successes in a row that close it.'),
      },
      strict,
    ),
  },
  strict,
)

/** How failed tries are made again. */
export const RetryConfig = Type.Object(
  {
    retries: Type.Integer({ minimum: 0, maximum: 10, default: 3, description: 'Tries after the first.' }),
    baseMs: milliseconds(100, 'Ceiling of the first wait; it doubles with each.'),
    capMs: milliseconds(5_000, 'Ceiling of any wait.'),
    budget: Type.Object(
      {
        ratio: ratio(0.2, 'Retries of all requests together, per recent request.'),
        minPerSecond: Type.Number({ minimum: 0, default: 3, description: 'Retries a second that are always allowed.' }),
      },
      strict,
    ),
  },
  strict,
)

/** What a backend entry may replace of a policy: every key optional, and without defaults. */
const overridesOf = <T extends object>(section: TObject): TUnsafe<Overrides<T>> & { readonly type?: string } =>
  Type.Unsafe<Overrides<T>>(
    Type.Object(
      Object.fromEntries(
        Object.entries(section.properties).map(([key, schema]) => {
          const { default: _default, ...rest } = schema as TSchema & { readonly default?: unknown }
          return [key, Type.Optional(rest)]
        }),
      ),
      { ...strict, description: 'Replaces keys of the section of the same name.' },
    ),
  )

const { budget: _ofAll, ...retryOfOne } = RetryConfig.properties

/** A backend entry, before its kind has checked its own keys. */
export const BackendConfig = Type.Object({
  kind: Type.String({
    description: 'A built-in kind (onnx, openai, tei, cached, synthetic) or one that a plugin registers.',
  }),
  optional: Type.Optional(
    Type.Boolean({ description: 'Its device may be missing on this machine; false by default.' }),
  ),
  urls: Type.Optional(
    Type.Array(Type.String(), {
      minItems: 1,
      description: 'Addresses, a replica for each, for kinds that have a `url`.',
    }),
  ),
  timeoutMs: Type.Optional(Type.Integer({ minimum: 1, description: 'Time limit of one attempt.' })),
  maxConcurrency: Type.Optional(Type.Integer({ minimum: 1, description: 'Most calls in flight at once per replica.' })),
  breaker: Type.Optional(
    Type.Object(
      {
        burst: Type.Optional(overridesOf<BreakerSettings['burst']>(BreakerConfig.properties.burst)),
        rate: Type.Optional(overridesOf<BreakerSettings['rate']>(BreakerConfig.properties.rate)),
      },
      { ...strict, description: 'Replaces keys of `breaker` for its replicas.' },
    ),
  ),
  retry: Type.Optional(overridesOf<RetrySettings>(Type.Object(retryOfOne))),
})

/** A served model. */
export const ModelConfig = Type.Object(
  {
    chain: Type.Array(Type.String(), { minItems: 1, description: 'Backends, best first.' }),
    aliases: Type.Array(Type.String(), { default: [], description: 'Further names that requests may use.' }),
    minParity: Type.Number({
      minimum: -1,
      maximum: 1,
      default: 0.999,
      description: 'A backend whose minimum cosine to the references is below serves nothing.',
    }),
    onTooLong: Type.Union([Type.Literal('truncate'), Type.Literal('refuse')], {
      default: 'truncate',
      description: 'What to do with a text longer than the model reads.',
    }),
    prompts: Type.Optional(
      Type.Record(Type.String(), Type.String(), { description: "Prefix by input type; the model's own by default." }),
    ),
    references: Type.Optional(
      Type.String({ description: 'Reference file written by `models verify --record`, for models that ship none.' }),
    ),
  },
  strict,
)

/** The result cache. */
export const CacheConfig = Type.Object(
  {
    memoryBytes: bytes(268_435_456, 'Bound of the memory tier.'),
    ttlMs: age(86_400_000, 'A result younger than this is a fresh hit.'),
    staleTtlMs: age(604_800_000, 'A result younger than this may be served, marked stale, when nothing can compute.'),
  },
  strict,
)

const autoBytes = (description: string) =>
  Type.Union([Type.Literal('auto'), Type.Integer({ minimum: 1 })], { default: 'auto', description })

/** What one request, and all together, may take. */
export const LimitsConfig = Type.Object(
  {
    requestTokens: Type.Integer({
      minimum: 1,
      default: 300_000,
      description: 'Estimated tokens of one request; more is 400 EG_INPUT_TOO_LONG.',
    }),
    requestTexts: Type.Integer({
      minimum: 1,
      default: 2_048,
      description: 'Texts of one request; more is 400 EG_INPUT_TOO_MANY.',
    }),
    bulkTokens: Type.Integer({
      minimum: 1,
      default: 16_384,
      description: 'A request estimated above this is bulk unless its header says otherwise.',
    }),
    queueTokens: Type.Integer({
      minimum: 1,
      default: 1_048_576,
      description: 'Estimated tokens waiting or running at once; more is 503 EG_OVERLOADED.',
    }),
    requestsInFlight: Type.Integer({
      minimum: 1,
      default: 4_096,
      description: 'Requests at once; more is 503 EG_OVERLOADED.',
    }),
    bodyBytes: autoBytes(
      'Bytes of all request bodies in the process; more is 503 EG_OVERLOADED. auto: a sixteenth of the memory, at most an eighth of the heap.',
    ),
    memoryBytes: autoBytes(
      "Memory to use: above 80 % caches are dropped, then requests are 503 EG_OUT_OF_MEMORY. auto: the cgroup's limit, or the machine's memory.",
    ),
    loopDelayP99Ms: milliseconds(200, 'Requests are 503 EG_OVERLOADED while the event loop is later than this.'),
  },
  strict,
)

/** Time limits below the request's. */
export const TimeoutsConfig = Type.Object(
  {
    inferenceMs: milliseconds(
      5_000,
      'One attempt on a backend that keeps no queue of its own; one inference on one that does.',
    ),
    modelLoadMs: milliseconds(60_000, 'Loading a model until it has answered once.'),
  },
  strict,
)

/** What the gateway says about itself. */
export const TelemetryConfig = Type.Object(
  {
    logLevel: Type.Union(
      [
        Type.Literal('trace'),
        Type.Literal('debug'),
        Type.Literal('info'),
        Type.Literal('warn'),
        Type.Literal('error'),
        Type.Literal('fatal'),
        Type.Literal('silent'),
      ],
      { default: 'info', description: 'Least severe level that is logged.' },
    ),
  },
  strict,
)

/** The whole configuration file. Every key has a default; the defaults alone serve the embedded model. */
export const Config = Type.Object(
  {
    server: ServerConfig,
    dataDir: Type.String({ default: '.embedgate', description: 'Folder for what outlives the process.' }),
    admin: AdminConfig,
    auth: AuthConfig,
    backends: Type.Record(Type.String(), BackendConfig, {
      description: 'By name; names are metric labels. An entry has the keys of its kind too.',
    }),
    models: Type.Record(Type.String(), ModelConfig, { description: 'By the name that requests use.' }),
    cache: CacheConfig,
    limits: LimitsConfig,
    timeouts: TimeoutsConfig,
    breaker: BreakerConfig,
    retry: RetryConfig,
    batching: BatchingConfig,
    telemetry: TelemetryConfig,
    plugins: Type.Array(Type.String(), {
      default: [],
      description: 'Fastify plugins to load: package names, or paths relative to the file.',
    }),
  },
  strict,
)

/** A complete, valid configuration. */
export type Config = Static<typeof Config>
