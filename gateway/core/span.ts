/** What ties work elsewhere to a trace: the headers of W3C Trace Context. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string | undefined
}

/** What a span may say: never texts, vectors or keys. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

/** What is not usual about a span that begins. */
export interface SpanStart {
  /** When it began, on the clock of `Span.now`; now by default. */
  readonly atMs?: number
  /** `client`: the work is done elsewhere. `internal` by default. */
  readonly kind?: 'internal' | 'client'
  readonly attributes?: SpanAttributes
  /** `traceparent`s of spans that it has to do with, but is no part of. */
  readonly links?: readonly string[]
}

/**
 * A step of a request that is being recorded. Where nothing is recorded there is no span: `call.span?.child(...)` costs nothing
 * then. Times are monotonic milliseconds.
 */
export interface Span extends TraceContext {
  /** The clock that all times of this trace are on. */
  now(): number
  /** Begins a part of this step. It must be ended. */
  child(name: string, start?: SpanStart): Span
  set(attributes: SpanAttributes): void
  /** Marks the step as failed. @param reason bounded: a `BackendFault` or an error code */
  fail(reason: string): void
  /** Ends it; now by default. */
  end(atMs?: number): void
}

/** The trace that a request belongs to. */
export interface RequestTrace extends TraceContext {
  readonly traceId: string
  readonly spanId: string
  /** Undefined: this request was not sampled. */
  readonly span: Span | undefined
}
