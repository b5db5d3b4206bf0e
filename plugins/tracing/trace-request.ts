import type { Call } from '../../gateway/core/call.ts'
import type { EmbedBatch, Embeddings } from '../../gateway/core/embeddings.ts'
import { reasonOf } from '../../gateway/core/errors.ts'
import type { EmbedFn, Layer } from '../../gateway/core/layer.ts'
import type { Span } from '../../gateway/core/span.ts'
import { modelAttributes } from './answer-attributes.ts'
import type { RequestSpans } from './request-spans.ts'

/**
 * The span `embeddings {model}` of a request that is recorded, by OpenTelemetry's conventions for generative AI. It begins with
 * what was done before the chain (`validate`), and ends with the answer (`respond`), both of which are parts of it.
 */
export const traceRequest =
  (requests: Pick<RequestSpans, 'openOf'>): Layer =>
  (next, { model }) => {
    const name = `embeddings ${model.name}`

    const traced = async (request: Span, batch: EmbedBatch, call: Call): Promise<Embeddings> => {
      const open = requests.openOf(request)
      const since = open ? { atMs: open.handledAtMs } : {}
      const embeddings = request.child(name, since)
      embeddings.child('validate', since).end()
      const own = call.traced(embeddings)
      try {
        const answer = await next(batch, own)
        if (open) {
          open.embeddings = embeddings
          open.respond = embeddings.child('respond')
        } else {
          embeddings.set(modelAttributes(model.name))
          embeddings.end()
        }
        return answer
      } catch (error) {
        embeddings.set({ ...modelAttributes(model.name), texts: batch.texts.length })
        embeddings.fail(reasonOf(error))
        embeddings.end()
        throw error
      } finally {
        own.release()
      }
    }

    const embed: EmbedFn = (batch, call) => (call.span ? traced(call.span, batch, call) : next(batch, call))
    return embed
  }
