import type { FastifyInstance } from 'fastify'
import type { Model } from '../core/model.ts'
import { modelDescription, modelsDescription } from './describe/models.ts'
import { namedModel } from './served-model.ts'

/** `GET /v1/models` and `GET /v1/models/{id}`; an id may hold slashes, encoded or not. */
export const modelRoutes = (app: FastifyInstance): void => {
  const created = Math.floor(app.clock.wallNow() / 1000)
  app.get('/v1/models', { config: { description: modelsDescription } }, () => ({
    object: 'list',
    data: app.models.list().map(({ model }) => entryOf(model, created)),
  }))
  app.get<{ Params: { '*': string } }>('/v1/models/*', { config: { description: modelDescription } }, (request) =>
    entryOf(namedModel(app.models, request.params['*']).model, created),
  )
}

/** OpenAI's four keys, and what a caller of embeddings wants to know. */
const entryOf = (model: Model, created: number): object => ({
  id: model.name,
  object: 'model',
  created,
  owned_by: 'embedgate',
  aliases: model.aliases,
  dimensions: model.space.dims,
  max_input_tokens: model.space.maxTokens,
  input_types: Object.keys(model.space.prompts),
  space: model.spaceId,
})
