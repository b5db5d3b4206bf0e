import { Type } from 'typebox'
import type { BodyDescription } from '../../../../gateway/core/route-description.ts'

/** Of changes that say all in their path: the listener wants JSON all the same. */
export const emptyBody: BodyDescription = {
  schema: Type.Object(
    {},
    { description: 'Nothing. The content type must be `application/json`, also without a body.' },
  ),
}
