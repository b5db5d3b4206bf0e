import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { GatewayError } from '../core/errors.ts'

/** Why no route answers: the path is unknown, or it is known with other methods, which then go into `allow`. */
export type WrongRoute = (request: FastifyRequest, reply: FastifyReply) => GatewayError

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Remembers all routes that are added from now on, to tell why none of them answers. */
export const wrongRoutes = (app: FastifyInstance): WrongRoute => {
  const routes: { readonly methods: readonly string[]; readonly path: RegExp }[] = []
  app.addHook('onRoute', ({ method, url }) => void routes.push({ methods: [method].flat(), path: pathsOf(url) }))
  return (request, reply) => {
    const path = (request.raw.url ?? '/').split('?', 1)[0] ?? '/'
    const found = new Set(routes.filter((route) => route.path.test(path)).flatMap((route) => route.methods))
    const allowed = methods.filter((method) => found.has(method))
    if (allowed.length === 0) return new GatewayError('EG_ROUTE_UNKNOWN', 'there is nothing at this path')
    reply.header('allow', allowed.join(', '))
    return new GatewayError('EG_METHOD', `this path takes ${allowed.join(', ')}, not ${request.method}`)
  }
}

/** The paths of a pattern such as `/v1/models/*` or `/admin/backends/:name/drain`, with or without a slash at the end. */
const pathsOf = (pattern: string): RegExp => {
  const parts = pattern.replace(/(?<=.)\/$/, '').split('/')
  const matched = parts.map((part) => {
    if (part === '*') return '.*'
    return part.startsWith(':') ? '[^/]+' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${matched.join('/')}/?$`)
}
