import type { Priority } from '../../../../gateway/core/call.ts'
import type { CallerGone } from '../../../../gateway/core/errors.ts'
import { withResolvers } from '../../../../gateway/core/with-resolvers.ts'
import type { Rows } from '../../rows.ts'
import type { Entry } from '../queue/entry.ts'
import type { Refusal } from './refusal.ts'
import type { EncodedText } from '../tokenizer.ts'
import type { PieceTrace } from './piece-trace.ts'
import type { OnRunning } from './running-rows.ts'

/** One text of a piece. */
export interface PieceEntry extends Entry {
  readonly piece: Piece
  /** Its place among the texts of the piece. */
  readonly row: number
}

/** A piece in work: collects its rows, in whatever order they are computed. */
export interface Piece {
  readonly id: number
  /** Resolves with all rows, or rejects with what it was refused with. */
  readonly rows: Promise<Rows>
  /** The class that its texts wait in; the queue moves those that wait already. */
  priority: Priority
  /** Told before its rows run. */
  readonly onRunning: OnRunning | undefined
  /** Its texts, once they are tokenized. */
  readonly entries: readonly PieceEntry[]
  /** Texts of the largest batch so far that any of its texts was in. */
  batchTexts: number
  /** Undefined: nobody records when it was where. */
  readonly trace: PieceTrace | undefined
  /** Whether it needs no more rows. */
  isSettled(): boolean
  /** Adds the next text. */
  push(text: EncodedText, tenant: string, deadlineAtMs: number, nowMs: number): void
  /** Delivers a row. Late ones are dropped. */
  deliver(row: number, vector: Float32Array): void
  /** Ends it without an answer. Only the first end counts. */
  refuse(reason: Refusal | CallerGone): void
}

/** What is not usual about a piece. */
export interface PieceOptions {
  /** Each of its texts runs in a batch of its own; not by default. */
  readonly alone?: boolean | undefined
  readonly onRunning?: OnRunning | undefined
  readonly trace?: PieceTrace | undefined
}

/** A new piece of `texts` texts. */
export const createPiece = (
  id: number,
  texts: number,
  dims: number,
  priority: Priority,
  { alone, onRunning, trace }: PieceOptions = {},
): Piece => {
  const entries: PieceEntry[] = []
  const vectors = new Float32Array(texts * dims)
  const tokens = new Uint32Array(texts)
  const truncated = new Uint8Array(texts)
  let missing = texts
  let settled = false
  const { promise, resolve, reject } = withResolvers<Rows>()
  const piece: Piece = {
    id,
    rows: promise,
    priority,
    onRunning,
    entries,
    batchTexts: 0,
    trace,
    isSettled: () => settled,
    push(text, tenant, deadlineAtMs, nowMs) {
      const row = entries.length
      tokens[row] = text.ids.length
      truncated[row] = text.truncated ? 1 : 0
      const { ids } = text
      entries.push({ piece, row, ids, tenant, deadlineAtMs, enqueuedAtMs: nowMs, priority: piece.priority, alone })
    },
    deliver(row, vector) {
      if (settled) return
      vectors.set(vector, row * dims)
      missing--
      if (missing > 0) return
      settled = true
      resolve({ vectors, dims, tokens, truncated })
    },
    refuse(reason) {
      settled = true
      reject(reason)
    },
  }
  return piece
}
