import { copyRow, emptyRows, rowSource, type EncodingMemo, type Embeddings, type Try } from '../core/embeddings.ts'

/** Some rows of an answer, and where they belong in a larger one. */
export interface Part {
  readonly answer: Embeddings
  /** Rows of `answer`. */
  readonly from: readonly number[]
  /** Rows of the larger answer, as many as `from`. */
  readonly to: readonly number[]
  /** Somebody else computes these rows: `computed` becomes `joined`. */
  readonly joined?: boolean
}

/** Puts an answer of `rows` rows together. The trail is that of each different answer, in the order of the parts. */
export const gather = (rows: number, parts: readonly Part[]): Embeddings => {
  const target = emptyRows(rows, parts[0]?.answer.dims ?? 0)
  const memos: (EncodingMemo | undefined)[] | undefined = parts.some(({ answer }) => answer.memos)
    ? Array.from({ length: rows })
    : undefined
  const parity = parts.every(({ answer }) => answer.parity) ? new Float32Array(rows) : undefined
  for (const { answer, from, to, joined } of parts) {
    to.forEach((row, index) => {
      const source = from[index] ?? 0
      copyRow(target, row, answer, source)
      if (joined && target.source[row] === rowSource.computed) target.source[row] = rowSource.joined
      if (memos) memos[row] = answer.memos?.[source]
      if (parity) parity[row] = answer.parity?.[source] ?? 0
    })
  }
  const trail: Try[] = [...new Set(parts.map(({ answer }) => answer))].flatMap((answer) => answer.trail)
  return { ...target, trail, ...(memos && { memos }), ...(parity && { parity }) }
}
