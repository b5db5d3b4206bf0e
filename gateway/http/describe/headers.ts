import { Type } from 'typebox'
import type { HeaderDescriptions } from '../../core/route-description.ts'
import { word } from './fields.ts'

const described = <T extends object>(schema: T, description: string): T => ({ ...schema, description })

/** Headers that requests for embeddings may carry, besides those that any request may. No examples: pages would send them. */
export const embeddingRequestHeaders: HeaderDescriptions = {
  'x-embedgate-priority': described(
    word('interactive', 'bulk'),
    'Class of the request. Bulk waits behind interactive work and has a longer deadline; a large request is bulk by itself.',
  ),
  'x-embedgate-expect-space': Type.String({
    description:
      'Id of the space that an index holds, e.g. `b9d38d9e6730feb8`: 412 instead of vectors of another one. Answers name theirs in `x-embedgate-space`.',
  }),
  'cache-control': Type.String({
    description: '`no-cache` computes anew and stores the result; `no-store` neither reads nor stores.',
  }),
  'x-stainless-timeout': Type.String({
    description: "Seconds that the caller will wait, as OpenAI's clients send it. It can only shorten the deadline.",
  }),
  traceparent: Type.String({ description: 'W3C trace context of the caller.' }),
}

const flag = word('true', 'false')

/** What an answer with vectors says of how it came to be. */
export const honestHeaders: HeaderDescriptions = {
  'x-embedgate-backend': Type.String({
    description: 'The lowest tier that computed a vector of this answer; `cached` when all were stored.',
    examples: ['cpu'],
  }),
  'x-embedgate-space': Type.String({
    description: 'Id of the space that the vectors belong to: only vectors of one space can be compared.',
    examples: ['b9d38d9e6730feb8'],
  }),
  'x-embedgate-cache': described(
    word('hit', 'partial', 'miss', 'stale'),
    'Whether all vectors were stored, some, or none; `stale` when one of them was past its time.',
  ),
  'x-embedgate-cache-hits': Type.String({
    pattern: '^[0-9]+/[0-9]+$',
    description: 'Stored vectors of all.',
    examples: ['20/32'],
  }),
  'x-embedgate-degraded': described(
    flag,
    '`true` when a better tier that this machine has could not answer, or a vector is stale.',
  ),
  'x-embedgate-attempts': Type.String({ pattern: '^[0-9]+$', description: 'Tries on backends.', examples: ['1'] }),
  'x-embedgate-truncated': described(flag, "`true` when a text was cut to the model's limit."),
  'openai-processing-ms': Type.String({ pattern: '^[0-9]+$', description: 'Milliseconds inside the gateway.' }),
}

/** Of errors that were met while tiers were tried. */
export const embeddingErrorHeaders: HeaderDescriptions = {
  'x-embedgate-attempts': Type.String({ pattern: '^[0-9]+$', description: 'Tries on backends before this error.' }),
}
