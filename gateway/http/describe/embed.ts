import { Type } from 'typebox'
import type { RouteDescription } from '../../core/route-description.ts'
import { embeddingErrors } from './errors.ts'
import { count, inputType, optional, texts, vector } from './fields.ts'
import { embeddingErrorHeaders, embeddingRequestHeaders, honestHeaders } from './headers.ts'

const request = Type.Object({
  texts: texts('The texts.'),
  model: optional(Type.String({ minLength: 1 }), 'Name or alias of a served model; the first one by default.'),
  input_type: inputType,
})

const answer = Type.Object({
  model: Type.String({ description: 'Name of the model.' }),
  dimensions: count('Width of the vectors.'),
  embeddings: Type.Array(vector, { description: 'In the order of the texts.' }),
  usage: Type.Object({ tokens: count('What the model read, special tokens included.') }),
  backend: Type.String({ description: 'As `x-embedgate-backend`.' }),
  degraded: Type.Boolean({ description: 'As `x-embedgate-degraded`.' }),
  truncated: Type.Boolean({ description: "Whether a text was cut to the model's limit." }),
})

const model = 'all-MiniLM-L6-v2'

/** `POST /api/v1/embed` */
export const embedDescription: RouteDescription = {
  operationId: 'embed',
  tag: 'embeddings',
  summary: 'Embeddings, plain',
  description: 'Says in the body what the other routes say in headers.',
  headers: embeddingRequestHeaders,
  body: {
    schema: request,
    examples: {
      texts: { summary: 'Two texts', value: { texts: ['first text', 'second text'] } },
      query: { summary: 'A query, of a model by name', value: { texts: ['a query'], model, input_type: 'query' } },
    },
  },
  answers: {
    200: {
      description: 'A vector for each text.',
      headers: honestHeaders,
      schema: answer,
      examples: {
        texts: {
          summary: 'One vector, of which four numbers are shown',
          value: {
            model,
            dimensions: 384,
            embeddings: [[0.0439, 0.059, 0.0482, 0.0775]],
            usage: { tokens: 6 },
            backend: 'cpu',
            degraded: false,
            truncated: false,
          },
        },
      },
    },
  },
  errors: embeddingErrors('texts'),
  errorHeaders: embeddingErrorHeaders,
}
