import { Type } from 'typebox'

/** A route that can be told to do what it warns of. */
export interface Force {
  Querystring: { readonly force?: 'true' }
}

/** `?force=true`, and nothing like it: `?force=false` must not force. */
export const forceSchema = {
  querystring: Type.Object({ force: Type.Optional(Type.Literal('true')) }, { additionalProperties: false }),
}
