import { BackendError, CallerGone, GatewayError } from '../core/errors.ts'

/** What a client reads: OpenAI's error object, with all four keys present. */
export const errorBody = (error: GatewayError): string =>
  JSON.stringify({
    error: { message: error.message, type: error.row.type, param: error.param ?? null, code: error.code },
  })

/**
 * OpenAI's clients keep a `retry-after` that is shorter; any other they replace by one of their own of 0.5 to 8 s. They try
 * twice more after 408, 429 and 5xx.
 */
const longestKeptWaitMs = 60_000

/** The headers that say whether and when to try again. */
export const retryHeaders = (error: GatewayError): Record<string, string> => {
  const headers: Record<string, string> = {}
  const { retryAfterMs, row } = error
  if (retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.ceil(retryAfterMs / 1000))
    headers['retry-after-ms'] = String(Math.ceil(retryAfterMs))
  }
  const wouldHelp = retryAfterMs === undefined ? row.retry : retryAfterMs < longestKeptWaitMs
  // Clients would come back by themselves, for nothing: one failure would become three.
  if (!wouldHelp && (row.retry || row.status >= 500)) headers['x-should-retry'] = 'false'
  return headers
}

const noJson = new GatewayError('EG_MEDIA_TYPE', 'send the request with content-type: application/json')

/** Fastify's errors whose message says enough, and nothing about what is inside. */
const known = new Map<string, GatewayError>([
  ['FST_ERR_CTP_BODY_TOO_LARGE', new GatewayError('EG_BODY_TOO_LARGE', 'the request body is too large')],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', noJson],
  ['FST_ERR_ROUTE_MISSING_CONTENT_TYPE', noJson],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', new GatewayError('EG_INPUT_INVALID', 'the request body is empty')],
  ['FST_ERR_CTP_INVALID_JSON_BODY', new GatewayError('EG_INPUT_INVALID', 'the request body is not valid JSON')],
  [
    'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
    new GatewayError('EG_INPUT_INVALID', 'the request body is not as long as content-length says'),
  ],
  ['FST_ERR_BAD_URL', new GatewayError('EG_INPUT_INVALID', 'the path is not a valid URL')],
  ['FST_ERR_MAX_PARAM_LENGTH', new GatewayError('EG_INPUT_INVALID', 'a part of the path is too long')],
])

/**
 * The error that a client is answered with. What is not for clients becomes `EG_INTERNAL` with a message that says
 * nothing about what is inside; the original is its cause.
 */
export const publicError = (error: unknown): GatewayError => {
  if (error instanceof GatewayError) return error
  if (error instanceof BackendError)
    return new GatewayError('EG_CHAIN_EXHAUSTED', 'no backend could answer', {
      cause: error,
      ...(error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs }),
    })
  const { code, statusCode, message } = (error ?? {}) as { code?: string; statusCode?: number; message?: string }
  const answer = known.get(code ?? '')
  if (answer !== undefined) return answer
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new GatewayError('EG_INPUT_INVALID', message ?? 'the request is not valid', { cause: error })
  return new GatewayError('EG_INTERNAL', 'internal error; the log has the details under this request id', {
    cause: error,
  })
}

/** Whether nobody is left to read an answer: the caller closed its connection, perhaps while it sent its body. */
export const isCallerGone = (error: unknown): boolean =>
  error instanceof CallerGone || (error as { code?: string } | undefined)?.code === 'ECONNRESET'
