import { BackendError } from '../../../gateway/core/errors.ts'
import { frameKind } from '../frames.ts'
import type { PieceWork, WorkerFault } from '../protocol.ts'
import { decodeRows, type Rows } from '../rows.ts'
import { isFault, isPieceWork, parsed } from './worker-answers.ts'

/** The rows of a piece, or why the worker did not compute them. */
export type PieceAnswer = { readonly rows: Rows; readonly work?: PieceWork } | { readonly fault: WorkerFault['error'] }

/** What a worker tells of a piece before its rows, or the `protocol` fault that it is. */
export const workOf = (body: Buffer): PieceWork | BackendError => {
  const work = parsed(body.toString())
  return isPieceWork(work) ? work : new BackendError('protocol', 'the worker told nonsense of its work')
}

/**
 * What a worker has answered to a piece of `texts` texts, or the `protocol` fault that the answer is.
 *
 * @param dims width of the rows that the model makes
 */
export const answerOf = (kind: number, body: Buffer, texts: number, dims: number): PieceAnswer | BackendError => {
  if (kind === frameKind.rows) return rowsOf(body, texts, dims)
  const fault = kind === frameKind.fault ? parsed(body.toString()) : undefined
  return isFault(fault) ? { fault } : new BackendError('protocol', 'the worker sent a frame that is no answer')
}

const rowsOf = (bytes: Uint8Array, texts: number, dims: number): PieceAnswer | BackendError => {
  try {
    const rows = decodeRows(bytes)
    if (rows.dims === dims && rows.tokens.length === texts) return { rows }
  } catch (cause) {
    return new BackendError('protocol', 'the worker sent bytes that are not rows', { cause })
  }
  return new BackendError('protocol', 'the worker sent a wrong number of rows or columns')
}
