import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { BreakerMode } from '../../breakers/status.ts'
import type { Audit } from './audit.ts'
import { modeDescription, resetDescription } from './describe/circuit-breakers.ts'
import { forceSchema, type Force } from './force.ts'
import { keepLastTier } from './last-tier.ts'

interface SetMode extends Force {
  Params: { readonly backend: string; readonly replica?: number }
  Body: { readonly mode: BreakerMode }
}

interface Reset {
  Body: { readonly backend?: string } | null | undefined
}

const resetSchema = {
  body: Type.Union([
    Type.Null(),
    Type.Object({ backend: Type.Optional(Type.String()) }, { additionalProperties: false }),
  ]),
}

const setModeSchema = {
  ...forceSchema,
  params: Type.Object({ backend: Type.String(), replica: Type.Optional(Type.Integer({ minimum: 0 })) }),
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
      audit(request, {
        action: 'reset breakers',
        ...(backend !== undefined && { target: backend }),
        before,
        after: after.map(brief),
      })
      return { breakers: after }
    },
  )

  const setMode = (request: FastifyRequest<SetMode>) => {
    const { backend, replica } = request.params
    const { mode } = request.body
    const before = known(backend, replica).map(brief)
    if (mode === 'forced-open' && !request.query.force)
      keepLastTier(app.models.list(), { backend, ...(replica !== undefined && { replica }) })
    breakers.setMode(backend, replica, mode)
    const after = statesOf(backend, replica)
    const target = replica === undefined ? backend : `${backend}/${replica}`
    audit(request, { action: 'set breaker mode', target, before, after: after.map(brief) })
    return { breakers: after }
  }
  for (const path of ['/admin/circuit-breaker/:backend', '/admin/circuit-breaker/:backend/:replica'])
    admin.put<SetMode>(path, { schema: setModeSchema, config: { description: modeDescription(path) } }, setMode)
}

const brief = ({ replica, state, mode }: { replica: number; state: string; mode: string }) => ({ replica, state, mode })
