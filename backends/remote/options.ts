import { Type, type Static } from 'typebox'
import type { Space } from '../../gateway/core/space.ts'

const positive = (fallback: number, description: string) => Type.Integer({ minimum: 1, default: fallback, description })

/**
 * Keys of an entry that all kinds of remote engines have.
 *
 * @param maxTexts what the kind's engines take at once, unless told otherwise
 * @param maxTokens what they read of a text, unless told otherwise
 */
export const remoteOptions = (maxTexts: number, maxTokens: number) =>
  ({
    url: Type.String({ minLength: 1, description: "The engine's base URL; its routes are below." }),
    apiKey: Type.Optional(Type.String({ description: 'Sent as `authorization: Bearer`.' })),
    headers: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Further headers of every request.',
    }),
    query: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Query of every request, e.g. `api-version`.',
    }),
    dims: Type.Integer({ minimum: 1, description: 'Width of its vectors.' }),
    maxTokens: positive(maxTokens, 'Tokens it reads of a text.'),
    maxTexts: positive(maxTexts, 'Texts of one request; larger batches are split.'),
    connections: positive(256, 'Requests in flight at once per replica; one more is not sent.'),
    normalized: Type.Boolean({
      default: true,
      description: 'Vectors have length 1; those that have not are given it.',
    }),
    revision: Type.String({
      default: 'unknown',
      description: 'Change it when the engine gets another model: results stored before are then not used any more.',
    }),
    proxy: Type.Array(
      // Segments never begin with a dot, so that no path leads out of the engine's URL.
      Type.String({ pattern: '^(GET|POST|PUT|PATCH|DELETE)( (/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)$' }),
      { default: [], description: 'Routes of the engine that /proxy passes on, as `POST /rerank`.' },
    ),
  }) as const

/** The keys that all remote engines have, complete. */
export type RemoteOptions = Static<ReturnType<typeof remoteEntry>>

const remoteEntry = (maxTexts: number, maxTokens: number) => Type.Object(remoteOptions(maxTexts, maxTokens))

/** What a remote entry says of its vectors. A claim: a local backend of its chain, or the golden probe, knows better. */
export const claimedSpace = (
  model: string,
  { revision, dims, normalized, maxTokens }: Pick<RemoteOptions, 'revision' | 'dims' | 'normalized' | 'maxTokens'>,
): Space => ({ model, revision, dims, pooling: 'unknown', normalized, maxTokens, prompts: {} })
