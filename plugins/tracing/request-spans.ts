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
import type { RequestTrace, Span } from '../../gateway/core/span.ts'
import type { EndedRequest } from '../../gateway/http/requests.ts'
import { answerAttributes } from './answer-attributes.ts'
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
  /** Ends the span of a request, if it has one, with all that ends with its answer. */
  end(request: EndedRequest): void
}

class ServerSpan extends OtelSpan {
  readonly open: OpenRequest

  constructor(source: SpanSource, span: OpenTelemetrySpan, open: OpenRequest) {
    super(source, span)
    this.open = open
  }
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
      // One object written out: spreading the ids into two costs 2 us of the 5 that all this takes.
      return {
        traceId: own.traceId,
        spanId: own.spanId,
        traceparent: traceparentOf(own),
        tracestate: own.traceState?.serialize() || undefined,
        span: span.isRecording()
          ? new ServerSpan({ tracer, record, clock, epochMs }, span, { handledAtMs: nowMs })
          : undefined,
      }
    },
    openOf: (span) => (span instanceof ServerSpan ? span.open : undefined),
    end({ id, method, route, status, outcome, tenant, summary, trace: ended }) {
      const span = ended?.span
      if (!(span instanceof ServerSpan)) return
      const endedAtMs = clock.now()
      const { embeddings, respond } = span.open
      respond?.end(endedAtMs)
      embeddings?.set(answerAttributes(summary))
      embeddings?.end(endedAtMs)
      span.set({
        'http.request.method': method ?? 'unknown',
        'http.response.status_code': status,
        request_id: id,
        ...(route !== undefined && { 'http.route': route }),
        ...(tenant !== undefined && { tenant }),
        ...(outcome !== undefined && { outcome }),
      })
      if (status >= 500) span.fail(outcome ?? String(status))
      span.end(endedAtMs)
    },
  }
}
