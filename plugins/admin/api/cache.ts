import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { KeyScope } from '../../../store/key.ts'
import type { Audit } from './audit.ts'
import { cacheDescription, clearDescription } from './describe/cache.ts'
import { noBody } from './nothing.ts'

interface Clear {
  Querystring: KeyScope
}

const scopeSchema = {
  ...noBody,
  querystring: Type.Object(
    { space: Type.Optional(Type.String({ minLength: 1 })), tenant: Type.Optional(Type.String({ minLength: 1 })) },
    { additionalProperties: false },
  ),
}

/** `GET /admin/cache`, and `DELETE /admin/cache`, which drops the results of one space, of one tenant, or all. */
export const cacheRoutes = (app: FastifyInstance, audit: Audit): void => {
  const { admin, store } = app
  const show = () => ({ tiers: [{ tier: store.tier, ...store.level() }] })
  const clear = async (request: FastifyRequest<Clear>) => {
    const { entries } = store.level()
    await store.clear(request.query)
    const before = { entries, ...request.query }
    audit.changed(request, { action: 'clear cache', before, after: { entries: store.level().entries } })
    return show()
  }
  admin.get('/admin/cache', { config: { description: cacheDescription } }, show)
  admin.delete<Clear>('/admin/cache', { schema: scopeSchema, config: { description: clearDescription } }, (request) =>
    clear(request),
  )
}
