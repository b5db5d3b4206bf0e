import type { EmbedBatch } from '../../gateway/core/embeddings.ts'
import type { Where } from '../../gateway/core/layer.ts'

/** What a backend with a queue of its own may be given in one inference; onnx cuts its calls into pieces of this. */
const inferenceTokens = 2_048

/**
 * How long a probe may take: as long as any try on the replica. A backend that keeps a queue of its own has no limit of a try,
 * only of an inference, so a large call gets as many of those as it needs: otherwise bulk calls, which take long and rightly
 * so, would fail as probes for ever.
 *
 * @param inferenceMs of one inference; of a try on a backend without a queue of its own whose entry has no `timeoutMs`
 */
export const probeLimit = (inferenceMs: number, { backend, model, policy }: Where): ((batch: EmbedBatch) => number) => {
  const limitMs = policy?.timeoutMs ?? inferenceMs
  if (backend?.queueing !== true) return () => limitMs
  return ({ texts }) => inferenceMs * Math.max(1, Math.ceil(model.estimate.tokensOfAll(texts) / inferenceTokens))
}
