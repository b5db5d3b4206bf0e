/** When a replica's breaker opens, and how it closes again. */
export interface BreakerSettings {
  /** Opens after several failures close together, as when a device has gone. */
  readonly burst: {
    /** Failures within the window. 5 by default. */
    readonly failures: number
    /** 10 000 by default. */
    readonly windowMs: number
    /** Share of the window's calls that must have failed too, so that the rule scales with the rate of calls. 0.2 by default. */
    readonly minRatio: number
    /** How long it stays open. 30 000 by default. */
    readonly cooldownMs: number
    /** Successes in a row that close it. 2 by default. */
    readonly successes: number
  }
  /** Opens when most calls have failed for a while, as when an engine is sick. */
  readonly rate: {
    /** More than this share of the window's calls has failed. 0.5 by default. */
    readonly ratio: number
    /** With fewer calls in the window the rule says nothing. 20 by default. */
    readonly minCalls: number
    /** 60 000 by default. */
    readonly windowMs: number
    /** How long it stays open. 300 000 by default. */
    readonly cooldownMs: number
    /** Successes in a row that close it. 10 by default. */
    readonly successes: number
  }
}

/** When a failed try is made again. */
export interface RetrySettings {
  /** Tries after the first. 3 by default. */
  readonly retries: number
  /** Ceiling of the first wait; it doubles with each. 100 by default. */
  readonly baseMs: number
  /** Ceiling of any wait. 5 000 by default. */
  readonly capMs: number
}

/** How many retries all requests together may cause. */
export interface RetryBudgetSettings {
  /** Retries per recent request. 0.2 by default. */
  readonly ratio: number
  /** Retries a second that are always allowed. 3 by default. */
  readonly minPerSecond: number
}

/** How workers put texts together. `auto`: what suits the device. */
export interface BatchingSettings {
  /** Most of texts times the longest in one batch. */
  readonly budgetTokens: 'auto' | number
  /** What a batch costs before its first token, as the tokens that could be computed in that time. */
  readonly overheadTokens: 'auto' | number
}

/** The same shape with every key optional, at any depth: what an entry may say of a policy. */
export type Overrides<T> = { readonly [K in keyof T]?: T[K] extends object ? Overrides<T[K]> : T[K] }
