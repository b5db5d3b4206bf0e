import { Type } from 'typebox'
import type { RouteDescription } from '../../../../gateway/core/route-description.ts'
import { emptyBody } from './empty-body.ts'

const backend = Type.Object({
  name: Type.String({ description: 'As configured.' }),
  kind: Type.Optional(Type.String()),
  computing: Type.Optional(Type.Boolean({ description: 'false: it reads stored results.' })),
  drained: Type.Boolean({ description: 'An operator has taken it out of use.' }),
  models: Type.Array(Type.Object({ model: Type.String(), tier: Type.Integer(), available: Type.Boolean() }), {
    description: 'Where chains have it, 0 first.',
  }),
  replicas: Type.Array(
    Type.Object({ replica: Type.Integer(), state: Type.String(), sinceMs: Type.Number(), inFlight: Type.Integer() }),
    { description: 'Each with its breaker, where it has one.' },
  ),
})

const params = { name: Type.String({ description: 'A backend.', examples: ['cpu'] }) }
const unknown = {
  EG_BACKEND_UNKNOWN: { message: 'no chain has a backend of this name; did you mean cpu?', param: 'name' },
} as const

/** `GET /admin/backends` */
export const backendsDescription: RouteDescription = {
  operationId: 'listBackends',
  tag: 'looking',
  summary: 'Backends, with their replicas and breakers',
  answers: { 200: { description: 'All that chains name.', schema: Type.Object({ backends: Type.Array(backend) }) } },
}

/** `POST /admin/backends/{name}/drain` */
export const drainDescription: RouteDescription = {
  operationId: 'drainBackend',
  tag: 'changing',
  key: 'always',
  summary: 'Takes a backend out of use',
  description:
    'What it works on it finishes. With `?force=true` also where a model is left with nothing that computes.',
  params,
  body: emptyBody,
  answers: { 200: { description: 'The backend as it is now.', schema: backend } },
  errors: { ...unknown, EG_LAST_TIER: null },
}

/** `POST /admin/backends/{name}/undrain` */
export const undrainDescription: RouteDescription = {
  operationId: 'undrainBackend',
  tag: 'changing',
  key: 'always',
  summary: 'Takes a drained backend into use again',
  params,
  body: emptyBody,
  answers: { 200: { description: 'The backend as it is now.', schema: backend } },
  errors: unknown,
}
