import type { Priority } from '../../../../gateway/core/call.ts'
import type { Clock } from '../../../../gateway/core/clock.ts'
import type { Piece } from './piece.ts'
import { Refusal } from './refusal.ts'
import { classTurns, otherClass } from '../../../../gateway/core/class-turns.ts'
import { fifo } from '../queue/fifo.ts'
import type { Tokenizer } from '../tokenizer.ts'

/** Tokenizing blocks the thread; after this long the event loop and the next batch get their turn. */
const sliceMs = 8

/** What to read. */
export interface PieceTexts {
  /** At least one. */
  readonly texts: readonly string[]
  readonly truncate: boolean
  readonly tenant: string
  readonly deadlineAtMs: number
}

/**
 * Tokenizes the texts of all pieces of a worker, a slice at a time. Pieces take turns text by text, so that a large one does
 * not hold back a small one; between classes, time is shared as the device is. Pieces that have ended are skipped.
 */
export interface TextReader {
  /** Whether pieces wait for their texts to be read. */
  isWaiting(): boolean
  /** Takes a piece in, in the class that it has now. */
  add(piece: Piece, texts: PieceTexts): void
  /** Follows a piece whose class was raised to interactive; nothing happens when it does not wait. */
  raise(piece: Piece): void
  /**
   * Tokenizes for 8 ms, and to the end of the text begun by then. Refuses pieces: `too_long`, or `inference` when a text
   * cannot be tokenized.
   */
  readSlice(): void
}

/**
 * A reader without work.
 *
 * @param onRead told of each piece whose texts are all tokenized
 */
export const createTextReader = (tokenizer: Tokenizer, clock: Clock, onRead: (piece: Piece) => void): TextReader => {
  const waiting = new WeakMap<Piece, PieceTexts>()
  const lines = { interactive: fifo<Piece>(), bulk: fifo<Piece>() } as const
  // Counted in milliseconds here, where the device counts tokens.
  const turns = classTurns(sliceMs)

  /** The piece whose turn it is in a class. What has ended, or was raised to another line, is dropped on the way. */
  const first = (priority: Priority): Piece | undefined => {
    const line = lines[priority]
    for (let piece = line.peek(); piece; piece = line.peek()) {
      if (!piece.isSettled() && piece.priority === priority) return piece
      line.shift()
    }
    return undefined
  }

  const readNext = (piece: Piece, facts: PieceTexts): void => {
    const row = piece.entries.length
    if (piece.trace && row === 0) piece.trace.readFromMs = clock.now()
    const read = encode(facts, row, tokenizer)
    if (read instanceof Refusal) return piece.refuse(read)
    piece.push(read, facts.tenant, facts.deadlineAtMs, clock.now())
    if (row + 1 < facts.texts.length) return lines[piece.priority].push(piece)
    waiting.delete(piece)
    if (piece.trace) piece.trace.readToMs = clock.now()
    onRead(piece)
  }

  return {
    isWaiting: () => (first('interactive') ?? first('bulk')) !== undefined,
    add(piece, facts) {
      waiting.set(piece, facts)
      lines[piece.priority].push(piece)
    },
    raise(piece) {
      if (waiting.has(piece)) lines.interactive.push(piece)
    },
    readSlice() {
      const endMs = clock.now() + sliceMs
      for (let nowMs = clock.now(); nowMs < endMs;) {
        const priority = turns.next(first('interactive') !== undefined, first('bulk') !== undefined)
        const piece = first(priority)
        const facts = piece && waiting.get(piece)
        if (!facts) return
        lines[priority].shift()
        readNext(piece, facts)
        const startedMs = nowMs
        nowMs = clock.now()
        turns.ran(priority, nowMs - startedMs, first(otherClass[priority]) !== undefined)
      }
    },
  }
}

const encode = ({ texts, truncate }: PieceTexts, row: number, tokenizer: Tokenizer) => {
  try {
    const encoded = tokenizer.encode(texts[row] ?? '')
    // A request's texts are spread over pieces: the place in this one would mislead.
    if (encoded.truncated && !truncate) return new Refusal('too_long', 'a text is longer than the model reads')
    return encoded
  } catch (error) {
    // The library's message may quote the text.
    return new Refusal(
      'inference',
      `text ${row} cannot be tokenized (${error instanceof Error ? error.name : 'Error'})`,
    )
  }
}
