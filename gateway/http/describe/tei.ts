import { Type } from 'typebox'
import type { RouteDescription } from '../../core/route-description.ts'
import { embeddingErrors } from './errors.ts'
import { count, oneOrMoreTexts, optional, vector, word } from './fields.ts'
import { embeddingErrorHeaders, embeddingRequestHeaders, honestHeaders } from './headers.ts'

const request = Type.Object({
  inputs: oneOrMoreTexts('The texts.'),
  model: optional(Type.String({ minLength: 1 }), 'Name or alias of a served model; the first one by default.'),
  truncate: optional(
    Type.Boolean(),
    'false: a text that is longer than the model reads is refused. By default as the model is configured.',
  ),
  normalize: optional(Type.Boolean(), 'Only what the model does anyway is accepted.'),
  truncation_direction: optional(word('Right', 'right'), 'Texts are cut at their end.'),
  prompt_name: optional(Type.String(), 'As `input_type` of the other routes.'),
  dimensions: optional(
    Type.Integer({ minimum: 1 }),
    "Width of the vectors: the model's own, or one that a Matryoshka model may be cut to.",
  ),
})

/** `POST /embed` */
export const teiDescription: RouteDescription = {
  operationId: 'embedTei',
  tag: 'embeddings',
  summary: 'Embeddings, as text-embeddings-inference has them',
  headers: embeddingRequestHeaders,
  body: {
    schema: request,
    examples: {
      text: { summary: 'One text', value: { inputs: 'The quick brown fox' } },
      texts: { summary: 'Several texts, none of them cut', value: { inputs: ['first', 'second'], truncate: false } },
    },
  },
  answers: {
    200: {
      description: 'A vector for each text, in their order.',
      headers: {
        ...honestHeaders,
        'x-compute-tokens': Type.String({ pattern: '^[0-9]+$', description: 'What the model read.' }),
      },
      schema: Type.Array(vector),
      examples: {
        text: { summary: 'One vector, of which four numbers are shown', value: [[0.0439, 0.059, 0.0482, 0.0775]] },
      },
    },
  },
  errors: {
    ...embeddingErrors('inputs'),
    EG_DIMENSIONS_UNSUPPORTED: {
      message: 'all-MiniLM-L6-v2 gives vectors of 384 numbers; dimensions may be: 384',
      param: 'dimensions',
    },
  },
  errorHeaders: embeddingErrorHeaders,
}

const whole = Type.Integer({ minimum: 0 })

/** `GET /info` */
export const infoDescription: RouteDescription = {
  operationId: 'getInfo',
  tag: 'models',
  summary: 'The first model and the limits, as text-embeddings-inference has them',
  answers: {
    200: {
      description: 'What text-embeddings-inference says of itself, where it means something here.',
      schema: Type.Object({
        model_id: Type.String(),
        model_sha: Type.String({ description: 'Revision of the weights.' }),
        served_model_name: Type.String(),
        model_dtype: Type.String(),
        model_type: Type.Object({ embedding: Type.Object({ pooling: Type.String() }) }),
        max_concurrent_requests: whole,
        max_input_length: count('Tokens that the model reads of a text.'),
        max_batch_tokens: count('Tokens of one request.'),
        max_batch_requests: Type.Null(),
        max_client_batch_size: count('Texts of one request.'),
        auto_truncate: Type.Boolean(),
        tokenization_workers: whole,
        version: Type.String(),
        sha: Type.Null(),
        docker_label: Type.Null(),
      }),
    },
  },
}
