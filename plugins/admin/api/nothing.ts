import { Type } from 'typebox'

/** No parameters: one that is not known says what the operator means, and must not be passed over. */
export const noQuery = { querystring: Type.Object({}, { additionalProperties: false }) }

/** No body, or an empty one, for the same reason: `{"tenant": "a"}` in the body must not clear the whole cache. */
export const noBody = { body: Type.Union([Type.Null(), Type.Object({}, { additionalProperties: false })]) }
