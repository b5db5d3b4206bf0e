import { Type } from 'typebox'
import type { RouteDescription } from '../../../../gateway/core/route-description.ts'

const breakers = Type.Object({
  breakers: Type.Array(
    Type.Object({
      backend: Type.String(),
      replica: Type.Integer(),
      state: Type.String({ description: '`closed`, `half-open` or `open`.' }),
      mode: Type.String({ description: '`auto`, or what an operator has set.' }),
      sinceMs: Type.Number({ description: 'Since when, in milliseconds since the Unix epoch.' }),
    }),
    { description: 'Those that were changed, as they are now.' },
  ),
})
const unknown = {
  EG_BACKEND_UNKNOWN: { message: 'it has no breaker; those that have one: cpu', param: 'backend' },
} as const

/** `POST /admin/circuit-breaker/reset` */
export const resetDescription: RouteDescription = {
  operationId: 'resetBreakers',
  tag: 'changing',
  key: 'always',
  summary: 'Closes breakers and forgets what they have counted',
  description: 'Those of one backend, or all.',
  answers: { 200: { description: 'Done.', schema: breakers } },
  errors: unknown,
}

/** `PUT /admin/circuit-breaker/{backend}` and `/{backend}/{replica}` */
export const modeDescription = (path: string): RouteDescription => {
  const isOfReplica = path.endsWith('/:replica')
  return {
    operationId: isOfReplica ? 'setReplicaBreakerMode' : 'setBreakerMode',
    tag: 'changing',
    key: 'always',
    summary: isOfReplica ? 'Holds the breaker of one replica open or closed' : 'Holds breakers open or closed',
    description:
      '`auto` gives it back to its rules. With `?force=true` also where a model is left with nothing that computes.',
    params: {
      backend: Type.String({ description: 'A backend.', examples: ['cpu'] }),
      ...(isOfReplica && { replica: Type.Integer({ minimum: 0, description: 'Number of its URL.', examples: [0] }) }),
    },
    answers: { 200: { description: 'Done.', schema: breakers } },
    errors: { ...unknown, EG_LAST_TIER: null },
  }
}
