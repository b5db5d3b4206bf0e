import type { Embeddings } from '../../../gateway/core/embeddings.ts'
import type { History } from '../history.ts'
import type { Asked } from '../requests.ts'

/** Judges a finished history. */
export interface Checker {
  /** What must hold, in a few words. */
  readonly name: string
  /** A sentence for each breach. */
  check(history: History): readonly string[]
}

/** One row that was answered. */
export interface AnsweredRow {
  readonly asked: Asked
  readonly answer: Embeddings
  readonly endedMs: number
  readonly row: number
  readonly text: string
  readonly vector: Float32Array
}

/** Every row of every answer that has as many rows as were asked for. */
export const answeredRows = function* ({ asked }: Pick<History, 'asked'>): Generator<AnsweredRow> {
  for (const each of asked) {
    const { answer, endedMs = 0, plan } = each
    if (answer === undefined || answer.vectors.length !== plan.texts.length * answer.dims) continue
    for (const [row, text] of plan.texts.entries()) {
      const vector = answer.vectors.subarray(row * answer.dims, (row + 1) * answer.dims)
      yield { asked: each, answer, endedMs, row, text, vector }
    }
  }
}

/** A breach of a row, for people. */
export const ofRow = ({ asked, row }: AnsweredRow, what: string): string => `row ${row} of ${asked.id} ${what}`
