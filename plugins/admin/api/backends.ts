import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { nearest } from '../../../gateway/core/nearest.ts'
import type { Audit } from './audit.ts'
import { backendPage } from './backend-page.ts'
import { backendsDescription, drainDescription, undrainDescription } from './describe/backends.ts'
import type { Drains } from './drains.ts'
import { forceSchema, type Force } from './force.ts'
import { keepLastTier } from './last-tier.ts'

interface ByName extends Force {
  Params: { readonly name: string }
}

/** `GET /admin/backends`, `POST /admin/backends/{name}/drain` and `undrain`. */
export const backendRoutes = (app: FastifyInstance, drained: Drains, audit: Audit): void => {
  const { admin } = app
  const show = (name: string) => backendPage(app, drained, name)
  const names = (): string[] => [...new Set(app.backends.replicas().map(({ backend }) => backend))]
  const known = (name: string): string => {
    const all = names()
    if (all.includes(name)) return name
    const guess = nearest(name, all)
    const hint = guess === undefined ? `there is: ${all.join(', ')}` : `did you mean ${guess}?`
    throw new GatewayError('EG_BACKEND_UNKNOWN', `no chain has a backend of this name; ${hint}`, { param: 'name' })
  }

  admin.get('/admin/backends', { config: { description: backendsDescription } }, () => ({
    backends: names().map(show),
  }))
  admin.post<ByName>(
    '/admin/backends/:name/drain',
    { schema: forceSchema, config: { description: drainDescription } },
    (request) => {
      const name = known(request.params.name)
      if (!drained.has(name) && !request.query.force) keepLastTier(app.models.list(), { backend: name })
      if (drained.set(name, true)) audit(request, { action: 'drain', target: name, before: 'in use', after: 'drained' })
      return show(name)
    },
  )
  admin.post<ByName>('/admin/backends/:name/undrain', { config: { description: undrainDescription } }, (request) => {
    const name = known(request.params.name)
    if (drained.set(name, false))
      audit(request, { action: 'undrain', target: name, before: 'drained', after: 'in use' })
    return show(name)
  })
}
