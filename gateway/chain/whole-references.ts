import { vectorOf } from '../core/embeddings.ts'
import type { References } from '../core/model.ts'

/** The references of texts that are read whole: what counts where no text may be cut. Undefined when there are none. */
export const wholeReferences = ({ texts, vectors, dims, truncated = [] }: References): References | undefined => {
  const rows = [...texts.keys()].filter((row) => truncated[row] !== true)
  if (rows.length === 0) return undefined
  const whole = new Float32Array(rows.length * dims)
  rows.forEach((row, index) => whole.set(vectorOf({ vectors, dims }, row), index * dims))
  return { texts: rows.map((row) => texts[row] ?? ''), vectors: whole, dims }
}
