import type { Call } from '../../gateway/core/call.ts'
import { copyRow, emptyRows, type Embeddings } from '../../gateway/core/embeddings.ts'
import { GatewayError } from '../../gateway/core/errors.ts'
import type { EmbedFn } from '../../gateway/core/layer.ts'

/** How an engine that refuses texts which are too long embeds. */
export interface RefusingEngine {
  /**
   * Embeds all texts uncut.
   *
   * @throws GatewayError `EG_INPUT_TOO_LONG` when one of them is too long, `EG_INPUT_TOO_MANY` when they are too much together
   */
  readonly whole: (texts: readonly string[], call: Call) => Promise<Embeddings>
  /** Embeds the beginning of one text that was refused, and marks it as truncated. */
  readonly cut: (text: string, call: Call) => Promise<Embeddings>
}

/**
 * Cuts exactly the texts that the engine refuses for their length, where the batch allows it. An engine does not say which
 * text of a batch it means, so a refused batch is halved until each such text is alone: no text is cut, or marked as cut,
 * by a guess. A batch that is too much for one request is halved too, whatever may be cut. A batch without either costs nothing.
 */
export const cutRefused =
  ({ whole, cut }: RefusingEngine): EmbedFn =>
  (batch, call) => {
    const embed = async (texts: readonly string[]): Promise<Embeddings> => {
      try {
        return await whole(texts, call)
      } catch (error) {
        if (!isTooMuch(error) && !(batch.truncate && isTooLong(error))) throw error
      }
      const [only = ''] = texts
      if (texts.length === 1) return cut(only, call)
      const middle = Math.ceil(texts.length / 2)
      return joined(await embed(texts.slice(0, middle)), await embed(texts.slice(middle)))
    }
    return embed(batch.texts)
  }

/** Whether an engine refused a text for its length. */
export const isTooLong = (error: unknown): boolean => hasCode(error, 'EG_INPUT_TOO_LONG')

const isTooMuch = (error: unknown): boolean => hasCode(error, 'EG_INPUT_TOO_MANY')

const hasCode = (error: unknown, code: string): boolean => error instanceof GatewayError && error.code === code

const joined = (first: Embeddings, second: Embeddings): Embeddings => {
  const rows = emptyRows(first.tokens.length + second.tokens.length, first.dims)
  first.tokens.forEach((_, row) => copyRow(rows, row, first, row))
  second.tokens.forEach((_, row) => copyRow(rows, first.tokens.length + row, second, row))
  return { ...rows, trail: [] }
}
