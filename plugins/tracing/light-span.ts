import { type HrTime, type Link, type SpanContext, SpanKind, type SpanStatus, SpanStatusCode } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node'
import type { Clock } from '../../gateway/core/clock.ts'
import type { Span, SpanAttributes, SpanStart } from '../../gateway/core/span.ts'
import { hrTime } from './hr-time.ts'
import { linkTo } from './link-to.ts'
import { newSpanId } from './span-id.ts'
import { traceparentOf } from './traceparent-of.ts'

/** What the spans of one trace have in common. */
export interface LightSource extends Pick<ReadableSpan, 'resource' | 'instrumentationScope'> {
  readonly clock: Clock
  /** What to add to a time of the clock's `now`: one for a whole trace, so that its spans keep their distances. */
  readonly epochMs: number
  /** Given each span when it has ended: the SDK's processor. */
  readonly record: (span: ReadableSpan) => void
}

/**
 * A span inside a sampled server span, made without the SDK's tracer: that costs 4 us a span, this one 1 (bench G7). The sampler has
 * decided for the whole trace, and the SDK's limits of length and count are above what is ever set here.
 */
export class LightSpan implements Span, ReadableSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly parentSpanContext: SpanContext
  readonly startTime: HrTime
  readonly links: Link[]
  attributes: SpanAttributes
  status: SpanStatus = unset
  endTime: HrTime
  ended = false
  readonly #context: SpanContext
  readonly #source: LightSource

  constructor(source: LightSource, parent: SpanContext, name: string, { atMs, kind, attributes, links }: SpanStart) {
    const { traceId, traceFlags, traceState } = parent
    this.#source = source
    this.#context = { traceId, spanId: newSpanId(), traceFlags, ...(traceState && { traceState }) }
    this.name = name
    this.kind = kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL
    this.parentSpanContext = parent
    this.attributes = attributes ?? nothing
    this.links = links ? links.flatMap(linkTo) : none
    this.startTime = hrTime(source.epochMs + (atMs ?? source.clock.now()))
    this.endTime = this.startTime
  }

  get traceparent(): string {
    return traceparentOf(this.#context)
  }

  get tracestate(): string | undefined {
    return this.#context.traceState?.serialize() || undefined
  }

  now(): number {
    return this.#source.clock.now()
  }

  child(name: string, start: SpanStart = {}): Span {
    return new LightSpan(this.#source, this.#context, name, start)
  }

  set(attributes: SpanAttributes): void {
    this.attributes = this.attributes === nothing ? attributes : { ...this.attributes, ...attributes }
  }

  fail(reason: string): void {
    this.set({ 'error.type': reason })
    this.status = { code: SpanStatusCode.ERROR, message: reason }
  }

  end(atMs?: number): void {
    if (this.ended) return
    const { clock, epochMs, record } = this.#source
    this.ended = true
    this.endTime = hrTime(epochMs + (atMs ?? clock.now()))
    record(this)
  }

  spanContext(): SpanContext {
    return this.#context
  }

  get duration(): HrTime {
    const [seconds, nanos] = [this.endTime[0] - this.startTime[0], this.endTime[1] - this.startTime[1]]
    return nanos < 0 ? [seconds - 1, nanos + 1_000_000_000] : [seconds, nanos]
  }

  get resource(): ReadableSpan['resource'] {
    return this.#source.resource
  }

  get instrumentationScope(): ReadableSpan['instrumentationScope'] {
    return this.#source.instrumentationScope
  }

  get events(): ReadableSpan['events'] {
    return none
  }

  get droppedAttributesCount(): number {
    return 0
  }

  get droppedEventsCount(): number {
    return 0
  }

  get droppedLinksCount(): number {
    return 0
  }
}

const unset: SpanStatus = { code: SpanStatusCode.UNSET }
const none: never[] = []
const nothing: SpanAttributes = {}
