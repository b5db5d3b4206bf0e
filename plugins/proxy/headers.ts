import type { IncomingHttpHeaders } from 'node:http'
import type { PassThrough } from '../../gateway/core/backend.ts'
import type { TraceContext } from '../../gateway/core/span.ts'

/**
 * What the engine is sent: the headers of its entry, what the body is, and what ties logs together. A caller's key, cookies
 * and hop headers stay here.
 *
 * @param headers of the caller, with `content-length` and `content-type` of the body that is sent
 */
export const requestHeaders = (
  { headers: own }: PassThrough,
  headers: IncomingHttpHeaders,
  requestId: string,
  trace: TraceContext | undefined,
): Record<string, string> => {
  const { accept } = headers
  const sent: Record<string, string> = { ...own, 'accept-encoding': 'identity', 'x-request-id': requestId }
  for (const name of ['content-type', 'content-length'] as const) {
    const value = headers[name]
    if (value !== undefined) sent[name] = value
  }
  if (accept !== undefined) sent['accept'] = accept
  if (trace) sent['traceparent'] = trace.traceparent
  if (trace?.tracestate !== undefined) sent['tracestate'] = trace.tracestate
  return sent
}

/** What a caller gets of the engine's headers: what the body is, and when to come back. */
export const answerHeaders = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => passedOn.has(name)))

const passedOn: ReadonlySet<string> = new Set(['content-type', 'cache-control', 'retry-after', 'x-compute-tokens'])

/** The caller's query, and the entry's, which has the last word. */
export const mergedQuery = (callers: string, entrys: string): string => {
  const merged = new URLSearchParams(callers)
  for (const [name, value] of new URLSearchParams(entrys)) merged.set(name, value)
  return merged.toString()
}
