import type { WorkloadName } from './workloads.ts'

/** Who is loaded, and in which language it is spoken to. Several endpoints share the load: the least busy one is next. */
export type Target =
  /** OpenAI's API over HTTP. */
  | {
      readonly kind: 'openai'
      readonly urls: readonly string[]
      readonly encoding: 'base64' | 'float'
      /** The embedded one by default. */
      readonly model?: string
      /** Sent besides the content type. */
      readonly headers?: Readonly<Record<string, string>>
    }
  /** The workers' own protocol over Unix sockets. */
  | { readonly kind: 'worker'; readonly sockets: readonly string[] }

/** When requests begin. */
export type Arrivals =
  /** `clients` callers, each sending its next request when the last one is answered: measures throughput. */
  | { readonly kind: 'closed'; readonly clients: number }
  /**
   * So many per second, whether or not earlier ones are answered: measures latency. Evenly spaced, or `poisson`: as
   * callers who know nothing of each other come.
   */
  | { readonly kind: 'open'; readonly perSecond: number; readonly poisson: boolean }
  /** So many at the same moment, once. */
  | { readonly kind: 'burst'; readonly requests: number }

/** One run of the load generator. */
export interface LoadPlan {
  readonly target: Target
  readonly workload: WorkloadName
  /** Texts of a request; the workload's own number by default. */
  readonly textsPerRequest?: number
  /** The same seed gives the same texts; no two seeds share a text. */
  readonly seed: number
  readonly arrivals: Arrivals
  /** The class of the requests; the server's own choice by default. */
  readonly priority?: 'interactive' | 'bulk'
  /** Sent but not counted. */
  readonly warmUpMs: number
  /** Counted is what is to begin in this time after the warm-up (open), or what is answered in it (closed). */
  readonly durationMs: number
  /**
   * So many different requests, over and over, each answered once before the run begins: a cache answers them all. Without
   * it no text comes twice.
   */
  readonly distinctRequests?: number
}

/** Of durations, in milliseconds. */
export interface Percentiles {
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

/** What happened in one run. */
export interface LoadReport {
  /** The counted time. */
  readonly seconds: number
  /** Answered as they should be. */
  readonly requests: number
  /** Of a closed run, with the shares of requests that cross the edges of the counted time. */
  readonly texts: number
  readonly tokens: number
  /** Everything else, by what came instead: `http 503 EG_OVERLOADED`, `ECONNRESET`. */
  readonly errors: Readonly<Record<string, number>>
  /** Until the whole answer was there; of an open run from the intended start, so that a stalled server cannot hide. */
  readonly latencyMs: Percentiles
  /** The same for requests that failed after they were sent; left out when none did. */
  readonly failedAfterMs?: Percentiles
  /** How late the generator itself began requests, 99th percentile, open runs: above a few ms its figures are its own. */
  readonly lateMsP99: number
}

/** What the generator's process says to the one that started it. */
export type LoadMessage =
  | { readonly phase: 'measuring' }
  | { readonly phase: 'measured' }
  | { readonly phase: 'done'; readonly report: LoadReport }
