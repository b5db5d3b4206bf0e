import { type Context, createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { IncomingHttpHeaders } from 'node:http'
import { parentSpanOf, traceContextOf } from '../../gateway/core/traceparent.ts'

/** The caller's span, from its W3C headers, with its `tracestate` where that is right; undefined when there is none. */
export const remoteParent = (headers: IncomingHttpHeaders): Context | undefined => {
  const given = headers['traceparent'] === undefined ? undefined : traceContextOf(headers)
  const parent = given && parentSpanOf(given.traceparent)
  if (!given || !parent) return undefined
  const { tracestate } = given
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...parent,
    isRemote: true,
    ...(tracestate !== undefined && { traceState: createTraceState(tracestate) }),
  })
}
