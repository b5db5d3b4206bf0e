import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span as OpenTelemetrySpan,
  SpanKind,
  trace,
} from '@opentelemetry/api'
import type { IncomingHttpHeaders } from 'node:http'
import type { Clock } from '../../gateway/core/clock.ts'
import type { RequestTrace, Span, SpanAttributes } from '../../gateway/core/span.ts'
import { hrTime } from './hr-time.ts'
import { OtelSpan, type SpanSource } from './otel-span.ts'
import { remoteParent } from './remote-parent.ts'
import { traceparentOf } from './traceparent-of.ts'

/** The head of a request. */
export interface RequestHead {
  readonly id: string
  readonly method: string
  /** The pattern of its route; undefined when there is none. */
  readonly route: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** What a sampled request has open: its server span, and what ends with its answer. */
export interface OpenRequest {
  /** When its body had been read. */
  handledAtMs: number
  /** `embeddings {model}`, once there is an answer to send. */
  embeddings?: Span
  respond?: Span
}

/** What makes spans. */
export type SpanMaker = Pick<SpanSource, 'tracer' | 'record'>

/** The server spans of requests. */
export interface RequestSpans {
  /** Begins one, in the caller's trace where there is one; undefined when tracing is switched off after all. */
  begin(head: RequestHead): RequestTrace | undefined
  /** What a server span has open; undefined for spans of others. */
  openOf(span: Span): OpenRequest | undefined
  /** Ends the span of a request with all that ends with its answer. */
  end(trace: RequestTrace, how: RequestEnd): void
}

class ServerSpan extends OtelSpan {
  readonly open: OpenRequest

  constructor(source: SpanSource, span: OpenTelemetrySpan, open: OpenRequest) {
    super(source, span)
    this.open = open
  }
}

/** How a request ended. */
export interface RequestEnd extends Omit<RequestHead, 'headers'> {
  /** 499 when its caller left first. */
  readonly status: number
  /** `success`, `caller_gone`, or the code of the error; undefined on routes that embed nothing. */
  readonly outcome: string | undefined
  readonly tenant: string | undefined
  /** Of the span `embeddings {model}`. */
  readonly answer: SpanAttributes
}

/** Makes server spans. Those of requests that are not sampled are never more than their ids. */
export const requestSpans = ({ tracer, record }: SpanMaker, clock: Clock): RequestSpans => {
  return {
    begin({ method, route, headers }) {
      const nowMs = clock.now()
      const epochMs = clock.wallNow() - nowMs
      // An instrumentation of Node's HTTP server, where one was preloaded, has the request's span open already.
      const isInside = trace.getActiveSpan() !== undefined
      const span = tracer.startSpan(
        route === undefined ? method : `${method} ${route}`,
        { kind: isInside ? SpanKind.INTERNAL : SpanKind.SERVER, startTime: hrTime(epochMs + nowMs) },
        isInside ? context.active() : (remoteParent(headers) ?? ROOT_CONTEXT),
      )
      const own = span.spanContext()
      if (!isSpanContextValid(own)) return undefined
      const ids = { traceId: own.traceId, spanId: own.spanId, traceparent: traceparentOf(own) }
      const tracestate = own.traceState?.serialize() || undefined
      if (!span.isRecording()) return { ...ids, tracestate, span: undefined }
      const recorded = new ServerSpan({ tracer, record, clock, epochMs }, span, { handledAtMs: nowMs })
      return { ...ids, tracestate, span: recorded }
    },
    openOf: (span) => (span instanceof ServerSpan ? span.open : undefined),
    end({ span }, { id, method, route, status, outcome, tenant, answer }) {
      if (!(span instanceof ServerSpan)) return
      const endedAtMs = clock.now()
      const { embeddings, respond } = span.open
      respond?.end(endedAtMs)
      embeddings?.set(answer)
      embeddings?.end(endedAtMs)
      span.set({
        'http.request.method': method,
        'http.route': route ?? 'unknown',
        'http.response.status_code': status,
        request_id: id,
        ...(tenant !== undefined && { tenant }),
        ...(outcome !== undefined && { outcome }),
      })
      if (status >= 500) span.fail(outcome ?? String(status))
      span.end(endedAtMs)
    },
  }
}
