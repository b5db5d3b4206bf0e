import type { CacheState } from './headers.ts'

/** What a request turned out to be, for the log line and the metrics that close it. Holds no texts and no keys. */
export interface RequestSummary {
  /** `success`, `caller_gone`, or the code of the error that was answered. */
  outcome: string
  /** The rest is there once it is known; nothing of it is for a request that was refused at the door. */
  model?: string
  texts?: number
  /** Estimated until the answer is there, counted from then on. */
  tokens?: number
  backend?: string
  cache?: CacheState
  degraded?: boolean
  /** The first tier that was lost, and why: see `degradation`. */
  degradedFrom?: string
  degradedReason?: string
  attempts?: number
  /** How many texts were cut to the model's limit. */
  truncated?: number
  /** Width of the vectors answered. */
  dimensions?: number
  /** What computed, and the texts of the largest batch, where the tier tells. */
  device?: string
  batchTexts?: number
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on routes that embed nothing and met no error. */
    summary: RequestSummary | null
  }
}
