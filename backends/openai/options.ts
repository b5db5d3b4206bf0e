import { type Static, Type } from 'typebox'
import { remoteOptions } from '../remote/options.ts'

/** Keys of a backend entry of kind `openai`. The limits are those of OpenAI's own models. */
export const OpenAiEntry = Type.Object(
  {
    model: Type.String({ minLength: 1, description: 'The model, as the engine names it.' }),
    ...remoteOptions(2_048, 8_192),
    maxRequestTokens: Type.Integer({
      minimum: 1,
      default: 300_000,
      description: 'Tokens of one request, by estimate; larger batches are split.',
    }),
    encoding: Type.Union([Type.Literal('base64'), Type.Literal('float')], {
      default: 'base64',
      description: 'How vectors are asked for; either is understood whatever comes.',
    }),
    sendDimensions: Type.Boolean({
      default: false,
      description: 'Asks for `dims` dimensions, for models that can cut their vectors.',
    }),
  },
  { additionalProperties: false },
)

/** Options of a backend of kind `openai`, complete. */
export type OpenAiOptions = Static<typeof OpenAiEntry>
