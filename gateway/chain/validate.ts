import type { Embeddings } from '../core/embeddings.ts'
import { selectTexts } from '../core/embeddings.ts'
import { BackendError, GatewayError } from '../core/errors.ts'
import type { Layer } from '../core/layer.ts'
import type { Space } from '../core/space.ts'
import { spaceId } from '../core/space.ts'
import { gather } from './gather.ts'
import { badRows } from './bad-rows.ts'

/**
 * Lets only whole, sound answers of the right space into the chain. A wrong count or width is the backend's failure at
 * once; a row that is not finite or not of unit length is computed alone once more, and is a failure if it is bad again.
 *
 * @throws BackendError `invalid_rows`
 * @throws GatewayError `EG_SPACE_MISMATCH` when rows of another space are asked for; the backend is not called
 */
export const validate: Layer = (next, { model, backend }) => {
  // The prompts of a served model are applied before its backends see a text, so they are the model's, not the backend's.
  // A remote engine's is a claim; what binds it to the model's space are the goldens.
  const known = backend?.claimsSpace ? undefined : backend?.space
  const own = known ? spaceId({ ...known, prompts: model.space.prompts }) : model.spaceId
  const name = backend?.name ?? model.name
  return async (batch, call) => {
    if (batch.space !== own) {
      throw new GatewayError('EG_SPACE_MISMATCH', `${name} computes in space ${own}, not in ${batch.space}`)
    }
    const answer = await next(batch, call)
    checkShape(name, answer, batch.texts.length, model.space)
    const bad = badRows(answer.vectors, answer.dims, model.space.normalized)
    if (bad.length === 0) return answer
    const parts = [{ answer, from: rowsBut(bad, batch.texts.length), to: rowsBut(bad, batch.texts.length) }]
    for (const row of bad) {
      const again = await next(selectTexts(batch, [row]), call)
      checkShape(name, again, 1, model.space)
      if (badRows(again.vectors, again.dims, model.space.normalized).length > 0) {
        throw new BackendError('invalid_rows', `${name}: a row is not a finite vector of unit length, twice`)
      }
      parts.push({ answer: again, from: [0], to: [row] })
    }
    return gather(batch.texts.length, parts)
  }
}

const checkShape = (name: string, answer: Embeddings, rows: number, { dims }: Space): void => {
  const isWhole =
    answer.dims === dims &&
    answer.vectors.length === rows * dims &&
    answer.tokens.length === rows &&
    answer.truncated.length === rows &&
    answer.source.length === rows
  if (isWhole) return
  throw new BackendError(
    'invalid_rows',
    `${name}: ${answer.vectors.length} numbers of width ${answer.dims} and ${answer.tokens.length} token counts for ${rows} texts of width ${dims}`,
  )
}

const rowsBut = (left: readonly number[], rows: number): number[] =>
  Array.from({ length: rows }, (_, row) => row).filter((row) => !left.includes(row))
