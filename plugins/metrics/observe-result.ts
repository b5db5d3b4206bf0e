import type { Embeddings } from '../../gateway/core/embeddings.ts'
import type { Layer } from '../../gateway/core/layer.ts'
import type { Meter } from '../../gateway/core/meter.ts'
import { degradation, isDegraded } from '../../gateway/core/trail.ts'
import { bindOnce } from './bind-once.ts'
import { other } from './bounded.ts'

/**
 * Counts what was answered: `texts_total`, `tokens_total`, `truncated_total` by model and tenant, and `degraded_total`
 * with the tiers between which an answer fell, and why.
 *
 * @param tenantLabel makes a label value of a call's tenant
 */
export const observeResult = (meter: Meter, tenantLabel: (tenant: string) => string): Layer => {
  const labels = ['model', 'tenant'] as const
  const texts = meter.counter('texts_total', 'Texts answered.', labels)
  const tokens = meter.counter('tokens_total', 'Tokens that models read for the texts answered.', labels)
  const truncated = meter.counter('truncated_total', "Texts cut to their model's limit.", labels)
  const fell = meter.counter('degraded_total', 'Answers from a lower tier than this machine can give.', [
    'model',
    'from',
    'to',
    'reason',
  ])
  const series = bindOnce(labels, (values) => ({
    texts: texts(values),
    tokens: tokens(values),
    truncated: truncated(values),
  }))
  return (next, { model: { name: model } }) =>
    async (batch, call) => {
      const answer = await next(batch, call)
      const count = series({ model, tenant: tenantLabel(call.tenant) })
      count.texts(batch.texts.length)
      count.tokens(sum(answer.tokens))
      count.truncated(sum(answer.truncated))
      if (isDegraded(answer)) fell({ model, ...wayOf(answer) })()
      return answer
    }
}

/** Stored rows may be stale without a trail that says which tier they stand for. */
const wayOf = ({ trail }: Embeddings): { from: string; to: string; reason: string } =>
  degradation(trail) ?? { from: other, to: 'cached', reason: 'stale' }

const sum = (counts: Uint32Array | Uint8Array): number => {
  let total = 0
  for (const count of counts) total += count
  return total
}
