import { Type } from 'typebox'
import type { RouteDescription } from '../../gateway/core/route-description.ts'

/** `/proxy/{backend}/*` */
export const proxyDescription: RouteDescription = {
  operationId: 'proxy',
  tag: 'embeddings',
  summary: 'A route of a remote engine, passed on as it is',
  description:
    "Only the methods and paths that the backend's entry lists under `proxy`; others are 404 or 405. Bodies go both ways byte for byte.",
  path: '/proxy/:backend/:path',
  params: {
    backend: Type.String({ minLength: 1, description: 'Name of a backend that lists routes.' }),
    path: Type.String({ minLength: 1, description: 'Path of the engine; may hold slashes.' }),
  },
  answers: {
    200: { description: 'Whatever the engine answers, with its status.', type: '*/*', schema: Type.Unknown() },
  },
  errors: {
    EG_ROUTE_UNKNOWN: null,
    EG_METHOD: null,
    EG_BODY_TOO_LARGE: null,
    EG_MEDIA_TYPE: null,
    EG_OVERLOADED: null,
    EG_CHAIN_EXHAUSTED: null,
    EG_DEADLINE: null,
  },
}
