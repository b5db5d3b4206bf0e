import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { BreakerMode } from '../../breakers/status.ts'
import type { Audit } from './audit.ts'
import { modeDescription, resetDescription } from './describe/circuit-breakers.ts'
import { forced, forceSchema, unlessForced, type Force } from './force.ts'
import { noQuery } from './nothing.ts'

interface SetMode extends Force {
  Params: { readonly backend: string; readonly replica?: string }
  Body: { readonly mode: BreakerMode }
}

interface Reset {
  Body: { readonly backend?: string } | null | undefined
}

const resetSchema = {
  ...noQuery,
  body: Type.Union([
    Type.Null(),
    Type.Object({ backend: Type.Optional(Type.String()) }, { additionalProperties: false }),
  ]),
}

const setModeSchema = {
  ...forceSchema,
  params: Type.Object({ backend: Type.String(), replica: Type.Optional(Type.String({ pattern: '^[0-9]+$' })) }),
  body: Type.Object(
    { mode: Type.Union([Type.Literal('auto'), Type.Literal('forced-open'), Type.Literal('forced-closed')]) },
    { additionalProperties: false },
  ),
}

/** `POST /admin/circuit-breaker/reset` and `PUT /admin/circuit-breaker/{backend}[/{replica}]`. */
export const breakerRoutes = (app: FastifyInstance, audit: Audit): void => {
  const { admin, breakers } = app
  const statesOf = (backend?: string, replica?: number) =>
    breakers
      .list()
      .filter((each) => (backend ?? each.backend) === each.backend && (replica ?? each.replica) === each.replica)
  const known = (backend?: string, replica?: number) => {
    const found = statesOf(backend, replica)
    if (backend === undefined || found.length > 0) return found
    const replicas = statesOf(backend).map((each) => each.replica)
    if (replicas.length > 0)
      throw new GatewayError('EG_BACKEND_UNKNOWN', `${backend} has no such replica; it has: ${replicas.join(', ')}`, {
        param: 'replica',
      })
    const names = [...new Set(breakers.list().map((each) => each.backend))].join(', ')
    throw new GatewayError('EG_BACKEND_UNKNOWN', `it has no breaker; those that have one: ${names}`, {
      param: 'backend',
    })
  }

  admin.post<Reset>(
    '/admin/circuit-breaker/reset',
    { schema: resetSchema, config: { description: resetDescription } },
    (request) => {
      const backend = request.body?.backend
      const before = known(backend).map(brief)
      breakers.reset(backend)
      const after = statesOf(backend)
      audit.changed(request, {
        action: 'reset breakers',
        ...(backend !== undefined && { target: backend }),
        before,
        after: after.map(brief),
      })
      return { breakers: after }
    },
  )

  const setMode = (request: FastifyRequest<SetMode>) => {
    const { backend, replica: number } = request.params
    const { mode } = request.body
    const replica = number === undefined ? undefined : Number(number)
    const before = known(backend, replica).map(brief)
    const target = replica === undefined ? backend : `${backend}/${replica}`
    const intent = { action: 'set breaker mode', target }
    if (mode === 'forced-open')
      unlessForced(app, audit, request, intent, { backend, ...(replica !== undefined && { replica }) })
    breakers.setMode(backend, replica, mode)
    const after = statesOf(backend, replica)
    audit.changed(request, { ...intent, before, after: after.map(brief), ...forced(request) })
    return { breakers: after }
  }
  for (const path of ['/admin/circuit-breaker/:backend', '/admin/circuit-breaker/:backend/:replica'])
    admin.put<SetMode>(path, { schema: setModeSchema, config: { description: modeDescription(path) } }, setMode)
}

const brief = ({ replica, state, mode }: { replica: number; state: string; mode: string }) => ({ replica, state, mode })
