import {
  context,
  ROOT_CONTEXT,
  type Span as OpenTelemetrySpan,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Span, SpanAttributes, SpanStart } from '../../gateway/core/span.ts'
import { hrTime } from './hr-time.ts'
import { LightSpan } from './light-span.ts'
import { linkTo } from './link-to.ts'
import { traceparentOf } from './traceparent-of.ts'

/** Where the spans of one request are made, and on which time. */
export interface SpanSource {
  readonly tracer: Tracer
  /** Takes spans that its tracer has not made; undefined where only the tracer can make spans. */
  readonly record: ((span: ReadableSpan) => void) | undefined
  readonly clock: Clock
  /** See `LightSource`. */
  readonly epochMs: number
}

/** A span that a tracer of OpenTelemetry's has made, as the chain knows spans. */
export class OtelSpan implements Span {
  readonly #source: SpanSource
  readonly #span: OpenTelemetrySpan

  constructor(source: SpanSource, span: OpenTelemetrySpan) {
    this.#source = source
    this.#span = span
  }

  get traceparent(): string {
    return traceparentOf(this.#span.spanContext())
  }

  get tracestate(): string | undefined {
    return this.#span.spanContext().traceState?.serialize() || undefined
  }

  now(): number {
    return this.#source.clock.now()
  }

  child(name: string, start: SpanStart = {}): Span {
    const { tracer, record, clock, epochMs } = this.#source
    if (record) {
      const { resource, instrumentationScope } = this.#span as unknown as ReadableSpan
      const source = { clock, epochMs, record, resource, instrumentationScope }
      return new LightSpan(source, this.#span.spanContext(), name, start)
    }
    const { atMs, kind, attributes, links } = start
    const options = {
      startTime: hrTime(epochMs + (atMs ?? clock.now())),
      kind: kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL,
      ...(attributes && { attributes }),
      ...(links && { links: links.flatMap(linkTo) }),
    }
    return new OtelSpan(this.#source, tracer.startSpan(name, options, trace.setSpan(ROOT_CONTEXT, this.#span)))
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes(attributes)
  }

  fail(reason: string): void {
    this.#span.setAttribute('error.type', reason)
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message: reason })
  }

  end(atMs?: number): void {
    const { clock, epochMs } = this.#source
    this.#span.end(hrTime(epochMs + (atMs ?? clock.now())))
  }

  /** Runs `work` with this span as the active one, for instrumentation that looks for it there. */
  activate<T>(work: () => T): T {
    return context.with(trace.setSpan(context.active(), this.#span), work)
  }
}
