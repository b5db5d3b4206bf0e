/** The part of opossum 9.0.0 that is compared with; the package brings no types. */
declare module 'opossum' {
  import type { EventEmitter } from 'node:events'

  export interface Options {
    /** Milliseconds, or false for none. */
    readonly timeout?: number | false
    readonly errorThresholdPercentage?: number
    readonly volumeThreshold?: number
    readonly rollingCountTimeout?: number
    readonly rollingCountBuckets?: number
    readonly resetTimeout?: number
    readonly capacity?: number
    /** true: not a failure. */
    readonly errorFilter?: (error: Error) => boolean
    readonly abortController?: AbortController
  }

  export default class CircuitBreaker<Arguments extends unknown[], Result> extends EventEmitter {
    constructor(action: (...values: Arguments) => Promise<Result>, options?: Options)
    fire(...values: Arguments): Promise<Result>
    getSignal(): AbortSignal | undefined
    shutdown(): void
    readonly closed: boolean
    readonly opened: boolean
    readonly halfOpen: boolean
  }
}
