import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify'
import { GatewayError } from '../core/errors.ts'

const methods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
/** Paths are as long as a caller likes; routes with a wildcard are not deeper than this. */
const maxWildcardDepth = 4

/** Why no route answers: the path is unknown, or it is known with other methods, which then go into `allow`. */
export const wrongRoute = (app: FastifyInstance, request: FastifyRequest, reply: FastifyReply): GatewayError => {
  const path = (request.raw.url ?? '/').split('?', 1)[0] ?? '/'
  const patterns = patternsOf(path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path)
  const allowed = methods.filter((method) => patterns.some((url) => app.hasRoute({ method, url })))
  if (allowed.length === 0) return new GatewayError('EG_ROUTE_UNKNOWN', 'there is nothing at this path')
  reply.header('allow', allowed.join(', '))
  return new GatewayError('EG_METHOD', `this path takes ${allowed.join(', ')}, not ${request.method}`)
}

/** The path itself, and the wildcard patterns that would match it: `/v1/models/a` is also `/v1/models/*`. */
const patternsOf = (path: string): string[] => {
  const parts = path.split('/', maxWildcardDepth + 1)
  const wildcards = parts.slice(1).map((_part, index) => `${parts.slice(0, index + 1).join('/')}/*`)
  return [path, ...wildcards]
}
