import { computed, type EmbedBatch, type Embeddings } from '../../../gateway/core/embeddings.ts'
import { GatewayError } from '../../../gateway/core/errors.ts'
import type { Space } from '../../../gateway/core/space.ts'
import type { FaultName } from '../faults.ts'
import { dims, type Computation, type Ledger } from '../ledger.ts'
import type { BackendPlan } from '../plan.ts'
import { readPart, tokensOf } from '../texts.ts'

/** The space that the vectors of a simulated backend are in. */
export const spaceOf = ({ space, maxTokens }: Pick<BackendPlan, 'space' | 'maxTokens'>): Space => ({
  model: space,
  revision: '1',
  dims,
  pooling: 'mean',
  normalized: true,
  maxTokens,
  prompts: {},
})

/** All that is known of a computation before its texts. */
export type Maker = Pick<Computation, 'backend' | 'replica' | 'space' | 'atMs'>

/** A text and who wants it. */
export interface Wanted {
  readonly text: string
  readonly tenant: string
}

/** The vectors of a batch, right or, under a fault of this kind, wrong in a way that only a parity probe can tell. */
export const vectorsOf = (
  ledger: Ledger,
  maker: Maker,
  maxTokens: number,
  wanted: readonly Wanted[],
  fault: FaultName | undefined,
): Float32Array => {
  const vectors = new Float32Array(wanted.length * dims)
  const isSwapped = fault === 'swapped' && wanted.length > 1
  wanted.forEach(({ text, tenant }, row) => {
    const hasDrifted = fault === 'drift' || (fault === 'late_drift' && !/^golden [0-7]$/.test(text))
    const shown = isSwapped ? (wanted[wanted.length - 1 - row]?.text ?? '') : text
    const isWrong = hasDrifted || shown !== text
    const read = readPart(shown, maxTokens)
    ledger.write(vectors, row, hasDrifted ? `not ${read}` : read, { ...maker, text, tenant, isWrong })
  })
  return vectors
}

/**
 * A right answer to a batch around `vectors`.
 *
 * @throws GatewayError `EG_INPUT_TOO_LONG` when a text is too long and must not be cut
 */
export const answerOf = ({ texts, truncate }: EmbedBatch, maxTokens: number, vectors: Float32Array): Embeddings => {
  const counts = texts.map(tokensOf)
  if (!truncate && counts.some((count) => count > maxTokens)) throw new GatewayError('EG_INPUT_TOO_LONG', 'too long')
  const read = counts.map((count) => Math.min(count, maxTokens))
  return computed(
    vectors,
    dims,
    read,
    counts.map((count) => (count > maxTokens ? 1 : 0)),
  )
}

/** What a fault makes of a right answer, in ways that the chain must see for itself. */
export const spoilt = (answer: Embeddings, fault: FaultName | undefined): Embeddings => {
  const { vectors, tokens, truncated, source } = answer
  const rows = tokens.length
  if (fault === 'nan' || (fault === 'bad_once' && rows > 1)) vectors[(rows - 1) * dims] = Number.NaN
  if (fault === 'zero') vectors.fill(0, 0, dims)
  if (fault === 'narrow') return { ...answer, dims: dims - 1, vectors: vectors.slice(0, rows * (dims - 1)) }
  const wrong = fault === 'short' ? rows - 1 : fault === 'long' ? rows + 1 : rows
  if (wrong === rows) return answer
  const resized = new Float32Array(wrong * dims)
  resized.set(vectors.subarray(0, wrong * dims))
  const counts = Array.from({ length: wrong }, (_, row) => row)
  return {
    ...answer,
    vectors: resized,
    tokens: Uint32Array.from(counts, (row) => tokens[row] ?? 3),
    truncated: Uint8Array.from(counts, (row) => truncated[row] ?? 0),
    source: Uint8Array.from(counts, (row) => source[row] ?? 0),
  }
}
