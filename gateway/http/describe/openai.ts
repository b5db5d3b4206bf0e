import { Type } from 'typebox'
import type { RouteDescription } from '../../core/route-description.ts'
import { embeddingErrors } from './errors.ts'
import { count, inputType, oneOrMoreTexts, optional, vector, word } from './fields.ts'
import { embeddingErrorHeaders, embeddingRequestHeaders, honestHeaders } from './headers.ts'

const request = Type.Object({
  model: Type.String({ minLength: 1, description: 'Name or alias of a served model.' }),
  input: oneOrMoreTexts('The texts. Token ids are refused: they are those of another tokenizer.'),
  encoding_format: optional(
    word('float', 'base64'),
    'How vectors are written, `float` by default; `base64` is the bytes of float32 numbers, little-endian.',
  ),
  dimensions: optional(
    Type.Integer({ minimum: 1 }),
    "Width of the vectors: the model's own, or one that a Matryoshka model may be cut to.",
  ),
  input_type: inputType,
})

const answer = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(
    Type.Object({
      object: Type.Literal('embedding'),
      index: count('Position of the text in `input`.'),
      embedding: Type.Union([vector, Type.String({ contentEncoding: 'base64' })]),
    }),
    { description: 'In the order of the texts.' },
  ),
  model: Type.String({ description: 'Name of the model, also where an alias was asked for.' }),
  usage: Type.Object({
    prompt_tokens: count('What the model read, special tokens included.'),
    total_tokens: count('The same.'),
  }),
})

const model = 'all-MiniLM-L6-v2'

/** `POST /v1/embeddings` */
export const openAiDescription: RouteDescription = {
  operationId: 'createEmbeddings',
  tag: 'embeddings',
  summary: 'Embeddings, as OpenAI has them',
  description: "A drop-in for OpenAI's route. Unknown fields, such as `user`, are left alone.",
  headers: embeddingRequestHeaders,
  body: {
    schema: request,
    examples: {
      text: { summary: 'One text', value: { model, input: 'The quick brown fox' } },
      texts: { summary: 'Several texts', value: { model, input: ['first text', 'second text'] } },
      base64: { summary: 'As bytes', value: { model, input: ['first text'], encoding_format: 'base64' } },
      query: {
        summary: 'A query and its width',
        value: { model, input: 'what is a vector?', input_type: 'query', dimensions: 384 },
      },
    },
  },
  answers: {
    200: {
      description: 'A vector for each text.',
      headers: honestHeaders,
      schema: answer,
      examples: {
        text: {
          summary: 'One vector, of which four numbers are shown',
          value: {
            object: 'list',
            data: [{ object: 'embedding', index: 0, embedding: [0.0439, 0.059, 0.0482, 0.0775] }],
            model,
            usage: { prompt_tokens: 6, total_tokens: 6 },
          },
        },
      },
    },
  },
  errors: {
    ...embeddingErrors('input'),
    EG_DIMENSIONS_UNSUPPORTED: {
      message: 'all-MiniLM-L6-v2 gives vectors of 384 numbers; dimensions may be: 384',
      param: 'dimensions',
    },
  },
  errorHeaders: embeddingErrorHeaders,
}
