import type { Clock } from '../../../../gateway/core/clock.ts'
import type { Piece } from './piece.ts'
import { Refusal } from './refusal.ts'
import type { Tokenizer } from '../tokenizer.ts'

/** Tokenizing blocks the thread; after this long the event loop and the next batch get their turn. */
const sliceMs = 8

/** What to read. */
export interface PieceTexts {
  readonly texts: readonly string[]
  readonly truncate: boolean
  readonly tenant: string
  readonly deadlineAtMs: number
}

/**
 * Tokenizes the texts of a piece into it, a slice at a time.
 *
 * @returns false when the piece has ended meanwhile: refused here (`too_long`, or `inference` when a text cannot be
 *   tokenized), cancelled or out of time
 */
export const readTexts = async (
  piece: Piece,
  { texts, truncate, tenant, deadlineAtMs }: PieceTexts,
  tokenizer: Tokenizer,
  clock: Clock,
  turn: () => Promise<void>,
): Promise<boolean> => {
  let startedMs = clock.now()
  for (const [row, text] of texts.entries()) {
    if (clock.now() - startedMs > sliceMs) {
      await turn()
      startedMs = clock.now()
    }
    if (piece.isSettled()) return false
    const encoded = encode(text, row, tokenizer)
    const isTooLong = !(encoded instanceof Refusal) && encoded.truncated && !truncate
    const read = isTooLong ? new Refusal('too_long', `text ${row} is longer than the model reads`) : encoded
    if (read instanceof Refusal) {
      piece.refuse(read)
      return false
    }
    piece.push(read, tenant, deadlineAtMs, clock.now())
  }
  return true
}

const encode = (text: string, row: number, tokenizer: Tokenizer) => {
  try {
    return tokenizer.encode(text)
  } catch (error) {
    // The library's message may quote the text.
    return new Refusal(
      'inference',
      `text ${row} cannot be tokenized (${error instanceof Error ? error.name : 'Error'})`,
    )
  }
}
