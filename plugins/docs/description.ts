import { Type } from 'typebox'
import type { RouteDescription } from '../../gateway/core/route-description.ts'

/** `GET /openapi.json` */
export const documentDescription: RouteDescription = {
  operationId: 'getDocument',
  tag: 'operating',
  summary: 'This document',
  key: 'never',
  answers: {
    200: {
      description: 'OpenAPI 3.1.',
      schema: Type.Object({ openapi: Type.String(), info: Type.Object({}), paths: Type.Object({}) }),
    },
  },
}
