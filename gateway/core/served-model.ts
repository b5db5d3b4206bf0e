import type { Backend, BackendKind, BackendPolicy, Health, PassThrough } from './backend.ts'
import type { EmbedFn, Layer } from './layer.ts'
import type { Model } from './model.ts'
import type { OpenSlot } from './order.ts'
import type { SpaceId } from './space.ts'

/**
 * Where a replica is in its life:
 * `starting` its `start()` runs; `probing` it answers goldens for the first time; `serving`; `absent` its optional device
 * is not on this machine (looked for again every 60 s); `down` it could not start or stopped answering (tried again with
 * back-off); `drifted` its parity is below the model's floor; `closed`.
 */
export type ReplicaState = 'starting' | 'probing' | 'serving' | 'absent' | 'down' | 'drifted' | 'closed'

/**
 * Why a replica that serves may not be called for now; bounded. `breaker_half_open`: it is called, but one call at a time, and
 * that one runs. `drained`: an operator has taken its backend out.
 */
export type BarReason = 'breaker_open' | 'breaker_half_open' | 'drained'

/** What keeps a replica from being called for now, and for how long at most. */
export interface Bar {
  readonly reason: BarReason
  /** Infinity: until somebody lifts it. */
  readonly retryAfterMs: number
}

/** What may keep one replica from being called while it serves. */
export interface Gate {
  /** What keeps it from being called now; undefined when it may be called. Cheap, and changes nothing. */
  bar(): Bar | undefined
  /**
   * Told that what computes behind the replica is not what it was and has just given right answers, because it was lost and
   * is back or was replaced: failures of before say nothing of it.
   */
  renew?(): void
}

/** One replica as the chain sees it now. */
export interface ReplicaStatus {
  readonly backend: string
  readonly replica: number
  readonly kind: string
  readonly computing: boolean
  readonly optional: boolean
  /** See `Backend.remote`. */
  readonly remote?: boolean
  readonly state: ReplicaState
  /** Wall-clock milliseconds: since when it serves, or since when it does not, whatever states it has gone through since. */
  readonly sinceMs: number
  /** Why it is not called although it serves. */
  readonly barredBy?: BarReason
  /** For people: why it is in this state. */
  readonly detail?: string
  /** Minimum cosine of the goldens probed so far; undefined before the first probe or without references. */
  readonly parity?: number
  /** Calls in flight. */
  readonly inFlight: number
}

/** One tier of a chain. */
export interface TierStatus {
  readonly name: string
  /** Position in the chain, 0 first. */
  readonly tier: number
  readonly computing: boolean
  /** Whether at least one replica can be called, if only one call at a time. */
  readonly available: boolean
  /** For people: a warning about the chain that concerns this tier. */
  readonly detail?: string
  readonly replicas: readonly ReplicaStatus[]
}

/** A model with its chain put together. */
export interface ServedModel {
  readonly model: Model
  /** The whole way of a request, from `request.observe` inward. */
  readonly embed: EmbedFn
  tiers(): readonly TierStatus[]
}

/** `app.models`: what this gateway serves. Complete once the app is ready. */
export interface ServedModels {
  /** By name or alias; undefined when it is not served. */
  find(nameOrAlias: string): ServedModel | undefined
  /** In the order of the configuration; the first one answers requests that name no model. */
  list(): readonly ServedModel[]
}

/** `app.backends`: the kinds that configuration can name, and the replicas made from it. */
export interface Backends {
  /**
   * Adds a kind; call it while plugins are loaded.
   *
   * @throws GatewayError `EG_PLUGIN_FAILED` when the kind is taken
   */
  register<Options>(kind: string, definition: BackendKind<Options>): void
  kinds(): ReadonlyMap<string, BackendKind>
  /** Every replica, once the app is ready. */
  replicas(): readonly ReplicaStatus[]
  /** What callers may reach of a backend as it is, at a replica that serves if there is one; undefined: nothing. */
  passThrough(backend: string): PassThrough | undefined
  /** Asks every replica for its health, in parallel, each bounded by `signal`. */
  health(signal: AbortSignal): Promise<ReadonlyMap<string, Health>>
}

/** A replica that has served turned out to be wrong. */
export interface Drift {
  /** The space of a model that it has served. */
  readonly space: SpaceId
  /** Wall-clock milliseconds: what it has made since then is not trusted, before then it was right. */
  readonly sinceMs: number
}

/** `app.chain`: where plugins put their layers. */
export interface ChainSlots {
  /**
   * Puts `layer` into a slot; call it while plugins are loaded.
   *
   * @throws GatewayError `EG_PLUGIN_FAILED` when the slot is taken (`observe` slots take any number) or the app is ready
   */
  fill(slot: OpenSlot, layer: Layer): void
  /**
   * Lets `gateOf` make a gate for each replica: one that is barred is passed over, and a tier without others is skipped at
   * once. Call it while plugins are loaded.
   *
   * @throws GatewayError `EG_PLUGIN_FAILED` when the app is ready
   */
  gate(gateOf: (configured: ConfiguredBackend) => Gate): void
  /**
   * Calls `listener` as soon as a drift is known; call it while plugins are loaded. From then on tiers give out no rows of
   * that replica, but layers around them may hold some that they were given before.
   */
  onDrift(listener: (drift: Drift) => void): void
}

/** A configured backend: its kind, the kind's own options, and what is common to all. */
export interface BackendEntry extends BackendPolicy {
  readonly kind: string
  readonly optional?: boolean
  readonly urls?: readonly string[]
  readonly [option: string]: unknown
}

/** A configured model. */
export interface ModelEntry {
  /** Names of backends, best first. */
  readonly chain: readonly string[]
  readonly aliases?: readonly string[]
  readonly minParity?: number
  readonly onTooLong?: Model['onTooLong']
  /** Replace the prompts of the model's files. */
  readonly prompts?: Readonly<Record<string, string>>
  /** Path of a reference file, for models that ship none. */
  readonly references?: string
}

/** A replica with the entry it was made from. */
export interface ConfiguredBackend {
  readonly backend: Backend
  readonly policy: BackendPolicy
}
