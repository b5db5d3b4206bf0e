import type { FastifyInstance } from 'fastify'
import type { Answer, AnswerFn, HttpOptions } from './answer.ts'
import { embedDescription } from './describe/embed.ts'
import { bareRows, type Frame } from './encode/body.ts'
import { fieldsOf, textListOf } from './input.ts'
import { withPrompt } from './prompts.ts'
import type { SendRows } from './send-rows.ts'
import { modelOrFirst } from './served-model.ts'

/** `POST /api/v1/embed`: the plain API, which says in the body what the others say in headers. */
export const embedRoute = (
  app: FastifyInstance,
  { limits }: HttpOptions,
  answer: AnswerFn,
  sendRows: SendRows,
): void => {
  app.post('/api/v1/embed', { config: { description: embedDescription } }, async (request, reply) => {
    const fields = fieldsOf(request.body)
    const served = modelOrFirst(app.models, fields['model'])
    const { model } = served
    const given = textListOf(fields['texts'], 'texts', limits.requestTexts)
    const texts = withPrompt(given, fields['input_type'], 'input_type', model.space)
    const truncate = model.onTooLong === 'truncate'
    const ask = { served, texts, field: 'texts', truncate, dims: model.space.dims }
    const answered = await answer(request, reply, ask)
    return sendRows(request, reply, answered.embeddings, 'float', embedFrame(answered, model.name))
  })
}

const embedFrame = ({ embeddings, tokens, backend, degraded, truncated }: Answer, model: string): Frame => {
  const facts = `"backend":${JSON.stringify(backend)},"degraded":${degraded},"truncated":${truncated > 0}`
  return {
    ...bareRows,
    head: `{"model":${JSON.stringify(model)},"dimensions":${embeddings.dims},"embeddings":[`,
    tail: `],"usage":{"tokens":${tokens}},${facts}}`,
  }
}
