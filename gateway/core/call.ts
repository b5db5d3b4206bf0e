import { setMaxListeners } from 'node:events'
import type { Cancel, Clock } from './clock.ts'
import type { Deadline } from './deadline.ts'
import { deadlineAt } from './deadline.ts'
import { BackendError, GatewayError } from './errors.ts'
import type { Span } from './span.ts'

/** Which queue class a request's texts wait in. Bulk ingestion never pushes interactive queries back. */
export type Priority = 'interactive' | 'bulk'

/** What the caller allows the result cache to do: `no-cache` recomputes and stores, `no-store` does neither read nor write. */
export type CacheDirective = 'default' | 'no-cache' | 'no-store'

/** What is fixed for the life of a request. */
export interface CallFacts {
  readonly requestId: string
  readonly tenant: string
  readonly cache: CacheDirective
  /** What to tell whoever works on it elsewhere: of the caller, or of `span` where there is one. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
  /** The step that is being recorded; undefined when nothing is. */
  readonly span?: Span | undefined
}

/** One request's way through the layers: who asks, until when, and whether anybody still waits. */
export interface Call extends CallFacts {
  /**
   * Aborted with the typed error that ended it; `signal.throwIfAborted()` throws that error. Made when it is first read:
   * a signal costs more than the rest of a call, and a request that the cache answers needs none.
   */
  readonly signal: AbortSignal
  /** What ended it; undefined while it goes on. */
  readonly endedBy: Error | undefined
  /** Calls `listener` once with what ends it, at once if it has ended; returns how to stop listening. */
  onEnd(listener: (reason: Error) => void): Cancel
  readonly deadline: Deadline
  /** The highest class of anybody who waits for this computation. */
  readonly priority: Priority
  /** Raises the class of the whole request, e.g. when an interactive caller joins a bulk computation. */
  raise(priority: Priority): void
  /** Calls `listener` when the class is raised; returns how to stop listening. */
  onRaise(listener: (priority: Priority) => void): Cancel
  /** Tells that `tokens` of the request, by estimate, have been computed: of a large one not all at once. */
  progress(tokens: number): void
  /** Calls `listener` with each progress; returns how to stop listening. */
  onProgress(listener: (tokens: number) => void): Cancel
  /**
   * A call for one attempt: aborted with this call and for its reason, or with `reason` after `timeoutMs` where that is before
   * this call's deadline. Must be released.
   *
   * @param reason what a spent attempt ends with; a `timeout` fault by default
   */
  within(timeoutMs: number, reason?: () => Error): AbortableCall
  /** This call as a part of `span`. Must be released. */
  traced(span: Span): Call
  /** Drops the timer and the listener on the parent. Safe to call twice. */
  release(): void
}

/** What all calls of one request have in common. */
interface Shared {
  priority: Priority
  readonly raiseListeners: Set<(priority: Priority) => void>
  readonly progressListeners: Set<(tokens: number) => void>
}

/** A call with the means to end it early, for whoever opened it. */
export interface AbortableCall extends Call {
  /** Ends the call with `reason`: a `CallerGone`, or a `GatewayError`. */
  abort(reason: Error): void
}

/**
 * Opens the call of a request: aborted with `EG_DEADLINE` when its time is up.
 *
 * `AbortSignal.any` and `AbortSignal.timeout` are not used: with long-lived parents they leak on Node 20 and 22.
 */
export const openCall = (clock: Clock, facts: CallFacts, priority: Priority, deadline: Deadline): AbortableCall => {
  const shared = { priority, raiseListeners: new Set<never>(), progressListeners: new Set<never>() }
  const call = new LinkedCall(clock, facts, shared, deadline)
  call.endAfter(deadline.remainingMs(), outOfTime)
  return call
}

const outOfTime = (): Error => new GatewayError('EG_DEADLINE', 'the request ran out of time')
const attemptOutOfTime = (): Error => new BackendError('timeout', 'no answer within the time limit of one attempt')

class LinkedCall implements AbortableCall {
  readonly requestId: string
  readonly tenant: string
  readonly cache: CacheDirective
  readonly span: Span | undefined
  readonly deadline: Deadline
  readonly #clock: Clock
  readonly #facts: CallFacts
  readonly #shared: Shared
  readonly #endListeners = new Set<(reason: Error) => void>()
  #controller: AbortController | undefined
  #endedBy: Error | undefined
  #cancelTimer: Cancel = () => {}
  #unlink: Cancel = () => {}

  constructor(clock: Clock, facts: CallFacts, shared: Shared, deadline: Deadline) {
    this.#clock = clock
    this.#facts = facts
    this.#shared = shared
    this.requestId = facts.requestId
    this.tenant = facts.tenant
    this.cache = facts.cache
    this.span = facts.span
    this.deadline = deadline
  }

  endAfter(ms: number, reason: () => Error): void {
    this.#cancelTimer = this.#clock.after(ms, () => this.abort(reason()))
  }

  get traceparent(): string | undefined {
    return (this.span ?? this.#facts).traceparent
  }

  get tracestate(): string | undefined {
    return (this.span ?? this.#facts).tracestate
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      // All pieces of a request may listen, in layers and backends: more than Node takes for a leak.
      setMaxListeners(0, this.#controller.signal)
      if (this.#endedBy) this.#controller.abort(this.#endedBy)
    }
    return this.#controller.signal
  }

  get endedBy(): Error | undefined {
    return this.#endedBy
  }

  onEnd(listener: (reason: Error) => void): Cancel {
    if (this.#endedBy) listener(this.#endedBy)
    else this.#endListeners.add(listener)
    return () => this.#endListeners.delete(listener)
  }

  get priority(): Priority {
    return this.#shared.priority
  }

  raise(priority: Priority): void {
    if (priority === this.#shared.priority || priority === 'bulk') return
    this.#shared.priority = priority
    for (const listener of this.#shared.raiseListeners) listener(priority)
  }

  onRaise(listener: (priority: Priority) => void): Cancel {
    this.#shared.raiseListeners.add(listener)
    return () => this.#shared.raiseListeners.delete(listener)
  }

  progress(tokens: number): void {
    for (const listener of this.#shared.progressListeners) listener(tokens)
  }

  onProgress(listener: (tokens: number) => void): Cancel {
    this.#shared.progressListeners.add(listener)
    return () => this.#shared.progressListeners.delete(listener)
  }

  within(timeoutMs: number, reason: () => Error = attemptOutOfTime): AbortableCall {
    const isShorter = timeoutMs < this.deadline.remainingMs()
    const deadline = isShorter ? deadlineAt(this.#clock, this.#clock.now() + timeoutMs) : this.deadline
    const child = new LinkedCall(this.#clock, this.#facts, this.#shared, deadline)
    // One timer for one moment: of two it would be chance which reason is known first.
    if (isShorter) child.endAfter(timeoutMs, reason)
    child.#unlink = this.onEnd((ended) => child.abort(ended))
    return child
  }

  traced(span: Span): Call {
    const child = new LinkedCall(this.#clock, { ...this.#facts, span }, this.#shared, this.deadline)
    child.#unlink = this.onEnd((ended) => child.abort(ended))
    return child
  }

  abort(reason: Error): void {
    this.release()
    if (this.#endedBy) return
    this.#endedBy = reason
    for (const listener of this.#endListeners) listener(reason)
    this.#endListeners.clear()
    this.#controller?.abort(reason)
  }

  release(): void {
    this.#cancelTimer()
    this.#unlink()
  }
}
