import { CallerGone, GatewayError } from '../../gateway/core/errors.ts'
import { overloadOf } from '../../gateway/core/retry-after.ts'

/** What decides whether an answer is passed on. */
export interface AnswerHead {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

/** Statuses below 500 that speak of the gateway's standing with the engine, not of the caller's. */
const ofTheEntry: ReadonlySet<number> = new Set([401, 402, 403, 407])

/** When to come back to an engine that is full and does not say. */
const defaultRetryAfterMs = 1_000

/**
 * Why an answer is not passed on; undefined when it is. The caller of a gateway is not told that its own key is wrong
 * because the gateway's is, nor sent to another host, nor given what could be of any size once it is unpacked.
 *
 * @param wallMs the time of day
 */
export const refusedAnswer = (
  { statusCode, headers }: AnswerHead,
  maxAnswerBytes: number,
  wallMs: number,
): GatewayError | undefined => {
  const overload = overloadOf(statusCode, headers, wallMs)
  if (overload) {
    const { retryAfterMs = defaultRetryAfterMs } = overload
    return new GatewayError('EG_OVERLOADED', 'the engine is full', { retryAfterMs })
  }
  if ((statusCode >= 300 && statusCode < 400) || statusCode >= 500 || ofTheEntry.has(statusCode)) {
    return failed(`the engine answered with status ${statusCode}`)
  }
  if ((headers['content-encoding'] ?? 'identity') !== 'identity') return failed('the engine compressed its answer')
  if (Number(headers['content-length'] ?? 0) > maxAnswerBytes) return failed('the answer of the engine is too long')
  return undefined
}

/** What a caller is told when the exchange itself failed. */
export const failedExchange = (error: unknown): GatewayError | CallerGone => {
  const { cause } = error as { cause?: unknown }
  if (cause instanceof GatewayError || cause instanceof CallerGone) return cause
  return failed('the engine could not be reached', cause ?? error)
}

const failed = (message: string, cause?: unknown): GatewayError =>
  new GatewayError('EG_CHAIN_EXHAUSTED', message, { cause })
