import type { SpanAttributes } from '../../gateway/core/span.ts'
import type { RequestSummary } from '../../gateway/http/summary.ts'

/** What OpenTelemetry's conventions for generative AI want of every call of a model. */
export const modelAttributes = (model: string): SpanAttributes => ({
  'gen_ai.operation.name': 'embeddings',
  'gen_ai.request.model': model,
})

/** What the span `embeddings {model}` says of an answer. */
export const answerAttributes = (summary: RequestSummary | null | undefined): SpanAttributes => {
  if (summary?.backend === undefined) return nothing
  const { device, batchTexts, degradedFrom, degradedReason } = summary
  // In one go: adding one after the other costs more than all the rest.
  const always = {
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.request.model': summary.model ?? 'unknown',
    'gen_ai.usage.input_tokens': summary.tokens ?? 0,
    'gen_ai.embeddings.dimension.count': summary.dimensions ?? 0,
    texts: summary.texts ?? 0,
    backend: summary.backend,
    cache: summary.cache ?? 'miss',
    degraded: summary.degraded ?? false,
    attempts: summary.attempts ?? 0,
    truncated: summary.truncated ?? 0,
  }
  return {
    ...always,
    ...(device !== undefined && { device }),
    ...(batchTexts !== undefined && { batch_size: batchTexts }),
    ...(degradedFrom !== undefined && { degraded_from: degradedFrom }),
    ...(degradedReason !== undefined && { degraded_reason: degradedReason }),
  }
}

const nothing: SpanAttributes = {}
