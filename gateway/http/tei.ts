import type { FastifyInstance } from 'fastify'
import { GatewayError } from '../core/errors.ts'
import type { Model } from '../core/model.ts'
import { packageVersion } from '../core/version.ts'
import type { AnswerFn, HttpOptions } from './answer.ts'
import { infoDescription, teiDescription } from './describe/tei.ts'
import { dimensionsOf } from './dimensions.ts'
import { bareRows } from './encode/body.ts'
import { booleanOf, fieldsOf, textsOf, type Fields } from './input.ts'
import { withPrompt } from './prompts.ts'
import type { SendRows } from './send-rows.ts'
import { modelOrFirst } from './served-model.ts'

/**
 * `POST /embed` and `GET /info` as text-embeddings-inference has them. Errors are in this gateway's shape, not in TEI's
 * flat `{error, error_type}`; the status codes agree, but for overload: 503 here, 429 there.
 */
export const teiRoutes = (
  app: FastifyInstance,
  { limits }: HttpOptions,
  answer: AnswerFn,
  sendRows: SendRows,
): void => {
  app.post('/embed', { config: { description: teiDescription } }, async (request, reply) => {
    const fields = fieldsOf(request.body)
    const served = modelOrFirst(app.models, fields['model'])
    const { model } = served
    refuseUnsupported(fields, model)
    const dims = dimensionsOf(fields['dimensions'], model)
    const truncate = booleanOf(fields['truncate'], 'truncate', model.onTooLong === 'truncate')
    const given = textsOf(fields['inputs'], 'inputs', limits.requestTexts)
    const texts = withPrompt(given, fields['prompt_name'], 'prompt_name', model.space)
    const { embeddings, tokens } = await answer(request, reply, { served, texts, field: 'inputs', truncate, dims })
    reply.header('x-compute-tokens', String(tokens))
    return sendRows(request, reply, embeddings, 'float', { ...bareRows, head: '[', tail: ']' })
  })

  app.get('/info', { config: { description: infoDescription } }, () => {
    const { model } = modelOrFirst(app.models, undefined)
    return {
      model_id: model.space.model,
      model_sha: model.space.revision,
      served_model_name: model.name,
      model_dtype: 'float32',
      model_type: { embedding: { pooling: model.space.pooling } },
      max_concurrent_requests: limits.requestsInFlight,
      max_input_length: model.space.maxTokens,
      max_batch_tokens: limits.requestTokens,
      max_batch_requests: null,
      max_client_batch_size: limits.requestTexts,
      auto_truncate: model.onTooLong === 'truncate',
      tokenization_workers: 1,
      version: packageVersion,
      sha: null,
      docker_label: null,
    }
  })
}

const refuseUnsupported = (fields: Fields, model: Model): void => {
  const isNormalized = model.space.normalized
  if (booleanOf(fields['normalize'], 'normalize', isNormalized) !== isNormalized)
    throw new GatewayError(
      'EG_INPUT_INVALID',
      `the vectors of ${model.name} are served with normalize: ${isNormalized}`,
      {
        param: 'normalize',
      },
    )
  const direction = fields['truncation_direction']
  if (direction !== undefined && direction !== null && direction !== 'Right' && direction !== 'right')
    throw new GatewayError('EG_INPUT_INVALID', 'texts are cut at their end: truncation_direction must be Right', {
      param: 'truncation_direction',
    })
}
