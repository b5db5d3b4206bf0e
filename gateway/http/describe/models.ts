import { Type } from 'typebox'
import type { RouteDescription } from '../../core/route-description.ts'
import { count } from './fields.ts'

const entry = Type.Object({
  id: Type.String({ description: 'The name that requests use.' }),
  object: Type.Literal('model'),
  created: count('When this gateway started, in seconds since the Unix epoch.'),
  owned_by: Type.String(),
  aliases: Type.Array(Type.String(), { description: 'Further names that requests may use.' }),
  dimensions: count('Width of its vectors.'),
  max_input_tokens: count('Tokens that it reads of a text.'),
  input_types: Type.Array(Type.String(), { description: 'Names of its prompts.' }),
  space: Type.String({ description: 'Id of the space of its vectors.' }),
})

const example = {
  id: 'all-MiniLM-L6-v2',
  object: 'model',
  created: 1_790_000_000,
  owned_by: 'embedgate',
  aliases: [],
  dimensions: 384,
  max_input_tokens: 256,
  input_types: [],
  space: 'b9d38d9e6730feb8',
}

/** `GET /v1/models` */
export const modelsDescription: RouteDescription = {
  operationId: 'listModels',
  tag: 'models',
  summary: 'Served models',
  answers: {
    200: {
      description: 'In the order of the configuration.',
      schema: Type.Object({ object: Type.Literal('list'), data: Type.Array(entry) }),
      examples: { one: { summary: 'The embedded model', value: { object: 'list', data: [example] } } },
    },
  },
}

/** `GET /v1/models/{id}` */
export const modelDescription: RouteDescription = {
  operationId: 'getModel',
  tag: 'models',
  summary: 'One served model',
  path: '/v1/models/:id',
  params: {
    id: Type.String({
      minLength: 1,
      description: 'Name or alias; slashes may be encoded or not.',
      examples: ['all-MiniLM-L6-v2'],
    }),
  },
  answers: {
    200: {
      description: 'The model.',
      schema: entry,
      examples: { one: { summary: 'The embedded model', value: example } },
    },
  },
  errors: {
    EG_MODEL_UNKNOWN: {
      message: 'model "no-such-model" is not served; served: all-MiniLM-L6-v2',
      param: 'model',
    },
  },
}
