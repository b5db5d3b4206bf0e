import type { FastifyInstance } from 'fastify'
import type { AnswerFn, HttpOptions } from './answer.ts'
import { openAiDescription } from './describe/openai.ts'
import { dimensionsOf } from './dimensions.ts'
import { openAiFrame } from './encode/openai.ts'
import { encodingFormatOf, fieldsOf, textsOf } from './input.ts'
import { withPrompt } from './prompts.ts'
import type { SendRows } from './send-rows.ts'
import { namedModel } from './served-model.ts'

/**
 * `POST /v1/embeddings`, a drop-in for OpenAI's. The encoding that was asked for is always honoured: some of OpenAI's
 * clients turn floats that they asked for as base64 into vectors of the wrong width, silently.
 */
export const openAiRoute = (
  app: FastifyInstance,
  { limits }: HttpOptions,
  answer: AnswerFn,
  sendRows: SendRows,
): void => {
  app.post('/v1/embeddings', { config: { description: openAiDescription } }, async (request, reply) => {
    const fields = fieldsOf(request.body)
    const format = encodingFormatOf(fields['encoding_format'])
    const served = namedModel(app.models, fields['model'])
    const { model } = served
    const dims = dimensionsOf(fields['dimensions'], model)
    const given = textsOf(fields['input'], 'input', limits.requestTexts)
    const texts = withPrompt(given, fields['input_type'], 'input_type', model.space)
    const truncate = model.onTooLong === 'truncate'
    const { embeddings, tokens } = await answer(request, reply, { served, texts, field: 'input', truncate, dims })
    return sendRows(request, reply, embeddings, format, openAiFrame(model.name, tokens))
  })
}
