import { emptyRows, type EmbedBatch, type Embeddings } from '../../gateway/core/embeddings.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { FaultName } from './options.ts'
import { syntheticVector } from './vector.ts'

const charactersPerToken = 4
const specialTokens = 2

/** Tokens of a text before it is cut: one for each 4 UTF-16 units begun, and 2 special ones. */
export const syntheticTokens = (text: string): number => Math.ceil(text.length / charactersPerToken) + specialTokens

/**
 * Computes the rows of a batch; `nan` and `short` make them bad.
 *
 * @throws GatewayError `EG_INPUT_TOO_LONG` when a text has too many tokens and the batch says not to cut it
 */
export const syntheticRows = (batch: EmbedBatch, dims: number, maxTokens: number, fault?: FaultName): Embeddings => {
  const rows = emptyRows(batch.texts.length - (fault === 'short' ? 1 : 0), dims)
  for (let row = 0; row < rows.tokens.length; row++) {
    const text = batch.texts[row] ?? ''
    const tokens = syntheticTokens(text)
    if (tokens > maxTokens && !batch.truncate) {
      throw new GatewayError('EG_INPUT_TOO_LONG', `text ${row} has ${tokens} tokens; the model reads ${maxTokens}`, {
        param: 'input',
      })
    }
    rows.vectors.set(syntheticVector(readPart(text, maxTokens), dims), row * dims)
    rows.tokens[row] = Math.min(tokens, maxTokens)
    rows.truncated[row] = tokens > maxTokens ? 1 : 0
  }
  if (fault === 'nan') rows.vectors.fill(Number.NaN, 0, 1)
  return { ...rows, trail: [] }
}

/** Like a model, it does not know what it did not read. */
const readPart = (text: string, maxTokens: number): string =>
  text.slice(0, (maxTokens - specialTokens) * charactersPerToken)
