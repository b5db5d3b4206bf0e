import { type Static, Type } from 'typebox'
import { remoteOptions } from '../remote/options.ts'

/** Keys of a backend entry of kind `tei`. The limits are what TEI has where its command line says nothing. */
export const TeiEntry = Type.Object(
  {
    model: Type.Optional(
      Type.String({ minLength: 1, description: 'The model; the engine must say the same. Any model when left out.' }),
    ),
    ...remoteOptions(32, 512),
  },
  { additionalProperties: false },
)

/** Options of a backend of kind `tei`, complete. */
export type TeiOptions = Static<typeof TeiEntry>
