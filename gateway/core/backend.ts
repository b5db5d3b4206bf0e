import type { TSchema } from 'typebox'
import type { Clock } from './clock.ts'
import type { ErrorCode } from './errors.ts'
import type { EmbedFn } from './layer.ts'
import type { Log } from './log.ts'
import type { Meter } from './meter.ts'
import type { References } from './model.ts'
import type { BreakerSettings, Overrides, RetrySettings } from './policy.ts'
import type { Space } from './space.ts'

/** How a backend is, asked now and answered by the device or engine itself. */
export interface Health {
  readonly state: 'up' | 'starting' | 'absent' | 'down'
  /** For people: why it is not up, or what it runs on. */
  readonly detail?: string
  /** Why it cannot be up until somebody mends it, e.g. `EG_MODEL_CORRUPT`; undefined when time may help. */
  readonly code?: ErrorCode
  /** More facts for the health page: worker memory, provider, queue. Small, without texts or keys. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** The most that one `embed` call may carry; larger requests are split and reassembled by the chain. */
export interface Limits {
  readonly texts: number
  /** By estimate, over all texts of the call. */
  readonly tokens?: number
}

/** Routes of a remote engine that callers may reach as they are. */
export interface PassThrough {
  /** As `POST /rerank`, below the engine's URL. */
  readonly routes: readonly string[]
  /** Scheme, host and port of the engine. */
  readonly origin: string
  /** Path and query of one of the routes' paths at the engine. */
  readonly target: (path: string) => string
  /** What every request to the engine carries, its key among them; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** One replica of a tier: one URL, or one pool of workers. */
export interface Backend {
  /** As configured; a metric label. */
  readonly name: string
  /** 0 unless the entry has several `urls`. */
  readonly replica: number
  /** What kind of backend it is, as registered. */
  readonly kind: string
  readonly limits: Limits
  /** false for a reader of stored results: it has no parity and never counts as a tier that computes. */
  readonly computing: boolean
  /**
   * true: calls wait in a queue of its own, and it bounds the time of each inference itself. The attempt time-out, which
   * would count waiting as a failure, is then left out; the deadline still holds.
   */
  readonly queueing: boolean
  /** true: its device may be missing on this machine, and that is a normal state. */
  readonly optional: boolean
  /** true: an engine that is not this gateway's own. As all gateways share it, its state alone makes none of them unready. */
  readonly remote?: boolean
  /** true: its `space` is what its entry claims, and counts only where no other backend knows better. */
  readonly claimsSpace?: boolean
  /** What callers may reach of it through `/proxy`; undefined: nothing. */
  readonly passThrough?: PassThrough
  /** Known from model files; undefined: bound by the golden probe. */
  readonly space?: Space
  /** Tokens it reads of a text; what its space says by default. Undefined: not known. */
  readonly maxTokens?: number
  /** Shipped with the model's files. */
  readonly references?: References
  /** Widths the model's vectors may be cut to, from the model's files. */
  readonly matryoshkaDims?: readonly number[]
  readonly embed: EmbedFn
  /** Cheap and real: asks the device, never "the object exists". Bounded by `signal`. */
  health(signal: AbortSignal): Promise<Health>
  /**
   * Makes it able to answer. Called again after a rejection, and again whenever it has been absent or down.
   *
   * @throws BackendError `absent` when its device is not on this machine
   */
  start(): Promise<void>
  /**
   * Calls `listener` whenever what computes has been replaced by something new that has answered already: failures of before
   * say nothing of it. For backends that replace it themselves.
   */
  onRenewal?(listener: () => void): void
  /**
   * Calls `listener` with the reason whenever its engine says that it has another model than before, where a health check or a
   * start finds it: since when is not known. For engines that others run.
   */
  onOtherModel?(listener: (reason: string) => void): void
  /** Finishes what is in flight, then frees everything. */
  close(): Promise<void>
}

/** Policy keys that any backend entry may carry; layers read them. */
export interface BackendPolicy {
  /** Time limit of one attempt; `timeouts.inferenceMs` by default. */
  readonly timeoutMs?: number
  /** The most calls in flight at once per replica; 64 by default. Read for backends that keep no queue of their own. */
  readonly maxConcurrency?: number
  /** Replace keys of `breaker` for its replicas. */
  readonly breaker?: Overrides<BreakerSettings>
  /** Replace keys of `retry` for tries on it. */
  readonly retry?: Overrides<RetrySettings>
}

/** What a backend is given when it is created. */
export interface BackendContext<Options> {
  readonly name: string
  readonly replica: number
  readonly options: Options
  readonly log: Log
  readonly clock: Clock
  readonly meter: Meter
  /** A folder for files that outlive the process. */
  readonly dataDir: string
}

/** A kind of backend that configuration can name. */
export interface BackendKind<Options = unknown> {
  /**
   * TypeBox schema of the entry's own keys; `kind`, `urls`, `optional` and per-backend policy keys are added to it. Its
   * defaults are filled in, in objects and lists at any depth, not inside unions and maps.
   */
  readonly options: TSchema
  /**
   * Makes a replica without side effects: no process, no connection, no file written. It may read model files.
   *
   * @throws GatewayError `EG_CONFIG_INVALID` or `EG_MODEL_CORRUPT`
   */
  create(context: BackendContext<Options>): BackendParts
}

/** What a kind says of a backend: how it embeds, and what differs from `backendOf`'s defaults. */
export type BackendParts = Pick<Backend, 'embed'> & Partial<Omit<Backend, 'name' | 'replica' | 'kind'>>

/** OpenAI's limit of one request, which is also the gateway's own. */
const defaultMaxTexts = 2_048

/**
 * The whole backend. What its kind left out: it takes 2 048 texts a call, computes, keeps no queue of its own, is not
 * optional, has nothing to start or close, and is up as long as its calls succeed.
 */
export const backendOf = (
  kind: string,
  { name, replica }: Pick<BackendContext<unknown>, 'name' | 'replica'>,
  parts: BackendParts,
): Backend => ({
  name,
  replica,
  kind,
  limits: parts.limits ?? { texts: defaultMaxTexts },
  computing: parts.computing ?? true,
  queueing: parts.queueing ?? false,
  optional: parts.optional ?? false,
  ...(parts.remote && { remote: parts.remote }),
  ...(parts.claimsSpace && { claimsSpace: parts.claimsSpace }),
  ...(parts.passThrough && { passThrough: parts.passThrough }),
  ...(parts.space && { space: parts.space }),
  ...maxTokensOf(parts),
  ...(parts.references && { references: parts.references }),
  ...(parts.matryoshkaDims && { matryoshkaDims: parts.matryoshkaDims }),
  embed: (batch, call) => parts.embed(batch, call),
  health: async (signal) => (await parts.health?.(signal)) ?? { state: 'up' },
  ...(parts.onRenewal && { onRenewal: (listener) => parts.onRenewal?.(listener) }),
  ...(parts.onOtherModel && { onOtherModel: (listener) => parts.onOtherModel?.(listener) }),
  start: async () => parts.start?.(),
  close: async () => parts.close?.(),
})

const maxTokensOf = ({ maxTokens, space }: BackendParts): Pick<Backend, 'maxTokens'> => {
  const known = maxTokens ?? space?.maxTokens
  return known === undefined ? {} : { maxTokens: known }
}
