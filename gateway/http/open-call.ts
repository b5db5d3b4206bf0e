import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyRequest } from 'fastify'
import { openCall, type CacheDirective, type Priority, type AbortableCall } from '../core/call.ts'
import type { Clock } from '../core/clock.ts'
import { deadlineIn } from '../core/deadline.ts'
import { GatewayError } from '../core/errors.ts'
import type { Identity } from '../core/identity.ts'
import { traceContextOf } from '../core/traceparent.ts'

/** What decides the class of a request and its deadline. */
export interface CallLimits {
  readonly requestTimeoutMs: number
  readonly bulkTimeoutMs: number
  /** A request estimated above this is bulk, unless its header says otherwise. */
  readonly bulkTokens: number
}

/**
 * Opens the call of a request: its class, its deadline, and what its headers ask for.
 *
 * @param tokens by estimate
 * @throws GatewayError `EG_INPUT_INVALID` for a priority there is none of
 */
export const openRequestCall = (
  clock: Clock,
  request: Pick<FastifyRequest, 'id' | 'headers' | 'identity' | 'trace'>,
  tokens: number,
  limits: CallLimits,
): AbortableCall => {
  const { headers, identity, trace } = request
  const priority = priorityOf(headers, identity, tokens > limits.bulkTokens)
  const budgetMs = priority === 'bulk' ? limits.bulkTimeoutMs : limits.requestTimeoutMs
  const deadline = deadlineIn(clock, Math.min(budgetMs, clientTimeoutMs(headers)))
  const context = trace ?? traceContextOf(headers)
  const facts = {
    requestId: request.id,
    tenant: identity.tenant,
    cache: cacheDirectiveOf(headers),
    traceparent: context?.traceparent,
    tracestate: context?.tracestate,
    span: trace?.span,
  }
  return openCall(clock, facts, priority, deadline)
}

const priorityOf = (headers: IncomingHttpHeaders, identity: Identity, isLarge: boolean): Priority => {
  const given = headers['x-embedgate-priority']
  if (given === undefined) return isLarge ? 'bulk' : identity.priority
  if (given === 'interactive' || given === 'bulk') return given
  throw new GatewayError('EG_INPUT_INVALID', 'x-embedgate-priority must be interactive or bulk', {
    param: 'x-embedgate-priority',
  })
}

/** OpenAI's clients send how many seconds they will wait. It can only shorten the deadline; nonsense says nothing. */
const clientTimeoutMs = (headers: IncomingHttpHeaders): number => {
  const given = headers['x-stainless-timeout']
  if (given === undefined) return Infinity
  const seconds = Number(given)
  return seconds > 0 ? seconds * 1000 : Infinity
}

const cacheDirectiveOf = (headers: IncomingHttpHeaders): CacheDirective => {
  const given = headers['cache-control']
  if (given === undefined) return 'default'
  const directives = new Set(
    given
      .toLowerCase()
      .split(',')
      .map((directive) => directive.trim()),
  )
  if (directives.has('no-store')) return 'no-store'
  return directives.has('no-cache') ? 'no-cache' : 'default'
}
