import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { nearest } from '../../../gateway/core/nearest.ts'
import type { Audit } from './audit.ts'
import { backendPage } from './backend-page.ts'
import { backendsDescription, drainDescription, undrainDescription } from './describe/backends.ts'
import type { Drains } from './drains.ts'
import { forced, forceSchema, unlessForced, type Force } from './force.ts'
import { noBody, noQuery } from './nothing.ts'

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
    { schema: { ...forceSchema, ...noBody }, config: { description: drainDescription } },
    (request) => {
      const name = known(request.params.name)
      const intent = { action: 'drain', target: name }
      if (!drained.has(name)) unlessForced(app, audit, request, intent, { backend: name })
      if (drained.set(name, true))
        audit.changed(request, { ...intent, before: 'in use', after: 'drained', ...forced(request) })
      return show(name)
    },
  )
  admin.post<ByName>(
    '/admin/backends/:name/undrain',
    { schema: { ...noQuery, ...noBody }, config: { description: undrainDescription } },
    (request) => {
      const name = known(request.params.name)
      if (drained.set(name, false))
        audit.changed(request, { action: 'undrain', target: name, before: 'drained', after: 'in use' })
      return show(name)
    },
  )
}
