import { Type, type Static, type TSchema } from 'typebox'

const object = <P extends Record<string, TSchema>>(properties: P, description?: string) =>
  Type.Object(properties, { additionalProperties: false, ...(description !== undefined && { description }) })
const oneOf = <const V extends readonly string[]>(values: V, description?: string) =>
  Type.Unsafe<V[number]>(Type.Enum([...values], description === undefined ? {} : { description }))
const ms = (description: string) => Type.Number({ description: `${description} In milliseconds.` })
const wallMs = (description: string) =>
  Type.Number({ description: `${description} Milliseconds since the Unix epoch.` })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const bytes = (description: string) => Type.Number({ minimum: 0, description: `${description} In bytes.` })
const column = (description: string) =>
  Type.Array(Type.Union([Type.Number(), Type.Null()]), { description: `${description} null: nothing to measure.` })

/**
 * How a tier, or the breaker in front of it, lets requests through: in the words of the page. The one that says most about a
 * tier of several replicas is first.
 */
export const conditions = [
  'serving',
  'half-open',
  'failing',
  'open',
  'drained',
  'probing',
  'starting',
  'drifted',
  'down',
  'absent',
  'closed',
] as const

const Breaker = object({
  state: oneOf(['closed', 'half-open', 'open']),
  mode: oneOf(['auto', 'forced-open', 'forced-closed'], 'Who decides: the rules, or an operator.'),
  cause: Type.Optional(oneOf(['burst', 'rate', 'forced'], 'Why it is not simply closed.')),
  sinceMs: wallMs('Since when it is in this state.'),
  remainingMs: Type.Optional(ms('What is left of the cool-down; then the next request is a probe.')),
  successes: Type.Optional(
    object({ counted: count('Probes answered in a row.'), needed: count('How many close it.') }),
  ),
  calls: count('Calls in the window of the rate rule.'),
  failures: count('Those of them that failed.'),
})

const ReplicaReport = object({
  replica: count('Its number; 0 unless the backend has several `urls`.'),
  state: oneOf(['starting', 'probing', 'serving', 'absent', 'down', 'drifted', 'closed']),
  condition: oneOf(conditions, 'Its state, or what its breaker or an operator makes of it while it serves.'),
  sinceMs: wallMs('Since when it is in this condition.'),
  barredBy: Type.Optional(Type.String({ description: 'Why it is not called although it serves.' })),
  detail: Type.Optional(Type.String({ description: 'Why it is in this state.' })),
  runsOn: Type.Optional(Type.String({ description: 'What it last said of itself when asked for its health.' })),
  parity: Type.Optional(Type.Number({ description: 'Minimum cosine to the reference vectors.' })),
  inFlight: count('Calls that run on it.'),
  breaker: Type.Optional(Breaker),
  lastError: Type.Optional(object({ reason: Type.String(), atMs: wallMs('When.') })),
})

const TierReport = object({
  name: Type.String({ description: 'The backend, as configured.' }),
  kind: Type.String(),
  computing: Type.Boolean({ description: 'false: it reads stored results.' }),
  optional: Type.Boolean({ description: 'Its device may be missing on this machine.' }),
  available: Type.Boolean({ description: 'Whether it can be called, if only one call at a time.' }),
  condition: oneOf(conditions),
  sinceMs: wallMs('Since when it is in this condition.'),
  reason: Type.Optional(Type.String({ description: 'Why it does not simply serve.' })),
  detail: Type.Optional(Type.String({ description: 'A warning about the chain that concerns this tier.' })),
  drainedSinceMs: Type.Optional(wallMs('Since when an operator has it drained, whatever its condition.')),
  queueTokens: Type.Optional(count('Tokens that wait for the backend.')),
  restarts: Type.Optional(count('Workers of it that were started again.')),
  replicas: Type.Array(ReplicaReport),
})

const ModelReport = object({
  name: Type.String(),
  aliases: Type.Array(Type.String()),
  space: Type.String({ description: 'Id of its embedding space.' }),
  minParity: Type.Number({ description: 'Below this a replica serves nothing.' }),
  state: oneOf(['serving', 'degraded', 'starting', 'down'], 'down: no computing tier can be called.'),
  answeredBy: Type.Optional(
    Type.String({
      description:
        'The first computing tier that can be called, and does not fail although its breaker is forced closed.',
    }),
  ),
  chain: Type.Array(TierReport),
})

const Traffic = object({
  requestsPerSecond: Type.Number(),
  errorRatio: Type.Number({ description: 'Share of answers with 5xx.' }),
  callerErrorRatio: Type.Number({ description: 'Share of answers with 4xx, and of callers that left.' }),
  p50Ms: Type.Optional(ms('Half of the good answers took at most this.')),
  p95Ms: Type.Optional(ms('95 % of them.')),
  p99Ms: Type.Optional(ms('99 % of them.')),
})

const SeriesReport = object({
  everyMs: ms('Between two samples.'),
  timesMs: column('When each sample was taken, since the Unix epoch.'),
  requestsPerSecond: column('Requests that ended.'),
  errorsPerSecond: column('Those answered with 5xx.'),
  p50Ms: column('Of good answers.'),
  p95Ms: column('Of good answers.'),
  p99Ms: column('Of good answers.'),
  hitRatio: column('Share of texts looked up that were found fresh.'),
  memoryBytes: column('Memory in use.'),
})

const EventReport = object({
  kind: oneOf(['breaker', 'replica', 'worker', 'drain', 'degraded']),
  subject: Type.String({ description: 'The backend; for `degraded` the model.' }),
  replica: Type.Optional(count('Its number, where the backend has several.')),
  from: Type.String(),
  to: Type.String(),
  reason: Type.Optional(Type.String()),
  firstAtMs: wallMs('When it happened first.'),
  lastAtMs: wallMs('When it happened last.'),
  count: count('How often in between.'),
})

const OverrideReport = object({
  key: Type.String({ description: 'The key of the configuration.' }),
  value: Type.Union([Type.String(), Type.Number(), Type.Boolean()], { description: 'What holds now.' }),
  fileValue: Type.Union([Type.String(), Type.Number(), Type.Boolean()], { description: 'What the file says.' }),
  by: Type.String(),
  from: Type.String({ description: 'The address it was set from.' }),
  at: Type.String({ description: 'When it was set, as ISO 8601.' }),
})

/** The answer of `GET /admin/status`: what the status page shows. Fields may be added; what is here keeps its meaning. */
export const StatusReport = object(
  {
    version: Type.Literal(1, { description: 'Of this report.' }),
    nowMs: wallMs('The clock of the gateway.'),
    state: oneOf(
      ['serving', 'degraded', 'starting', 'down', 'draining'],
      'The worst of all models, or of what else keeps it from serving; draining: it stops.',
    ),
    sentence: Type.String({ description: 'The same for people.' }),
    gateway: object({
      version: Type.String(),
      node: Type.String(),
      commit: Type.String(),
      pid: Type.Integer(),
      startedAtMs: wallMs('When the process began.'),
      configPath: Type.Optional(Type.String({ description: 'Left out for the embedded default.' })),
      logLevel: Type.String(),
    }),
    models: Type.Array(ModelReport),
    lastMinute: Traffic,
    series: SeriesReport,
    cache: Type.Array(
      object({
        tier: Type.String(),
        entries: count('Results in it.'),
        usedBytes: bytes('What they take.'),
        maxBytes: bytes('What they may take.'),
        hits: count('Texts found fresh, since the start.'),
        misses: count('Texts not found.'),
        stale: count('Texts found too old.'),
        errors: count('Faults of the tier.'),
      }),
    ),
    memory: object({
      usedBytes: bytes('In use.'),
      limitBytes: bytes('What there is.'),
      limitFrom: oneOf(['configuration', 'cgroup', 'machine']),
    }),
    events: Type.Array(EventReport, { description: 'Newest first; the last 100.' }),
    overrides: Type.Array(OverrideReport, { description: 'Settings in force that differ from the file.' }),
  },
  'The state of the gateway at one moment, and of the last 15 minutes.',
)

/** See the schema of the same name. */
export type StatusReport = Static<typeof StatusReport>
/** One model of a report. */
export type ModelReport = Static<typeof ModelReport>
/** One tier of a model's chain. */
export type TierReport = Static<typeof TierReport>
/** One replica of a tier. */
export type ReplicaReport = Static<typeof ReplicaReport>
/** How a tier or a replica lets requests through. */
export type Condition = (typeof conditions)[number]
/** One thing that happened. */
export type EventReport = Static<typeof EventReport>
