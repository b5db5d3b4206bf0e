import type { TraceContext } from './span.ts'

/** What a `traceparent` says. */
export interface ParentSpan {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
}

/** Version 00, and what later versions have in common with it (W3C Trace Context, 3.2 and 4.3). */
const wellFormed = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/
/** As many characters as every party must pass on (W3C Trace Context, 3.3.1.5). */
const sane = /^[\x20-\x7e]{1,512}$/

/** The span that a `traceparent` names; undefined when it is not one. */
export const parentSpanOf = (traceparent: string): ParentSpan | undefined => {
  const [, version, traceId, spanId, flags = '', more] = wellFormed.exec(traceparent) ?? []
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined
  return { traceId, spanId, traceFlags: parseInt(flags, 16) }
}

/** A caller's trace context, to be sent on as it is; undefined when `traceparent` is not one. */
export const traceContextOf = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
): TraceContext | undefined => {
  const { traceparent, tracestate } = headers
  if (typeof traceparent !== 'string' || !parentSpanOf(traceparent)) return undefined
  return typeof tracestate === 'string' && sane.test(tracestate) ? { traceparent, tracestate } : { traceparent }
}
