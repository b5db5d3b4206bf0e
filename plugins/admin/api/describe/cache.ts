import { Type } from 'typebox'
import type { RouteDescription } from '../../../../gateway/core/route-description.ts'
import { emptyBody } from './empty-body.ts'

const levels = Type.Object({
  tiers: Type.Array(Type.Object({ tier: Type.String(), entries: Type.Integer(), bytes: Type.Number() })),
})

/** `GET /admin/cache` */
export const cacheDescription: RouteDescription = {
  operationId: 'getCache',
  tag: 'looking',
  summary: 'How full the cache is',
  answers: { 200: { description: 'Each tier.', schema: levels } },
}

/** `DELETE /admin/cache` */
export const clearDescription: RouteDescription = {
  operationId: 'clearCache',
  tag: 'changing',
  key: 'always',
  summary: 'Drops stored results',
  description: 'Of one space, of one tenant, or all.',
  body: emptyBody,
  answers: { 200: { description: 'Each tier, afterwards.', schema: levels } },
}
