import { BackendError } from '../../gateway/core/errors.ts'
import { copyNumbers } from '../remote/answer.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * The vectors of an answer, row-major, each at the place that its `index` says: engines may answer in any order.
 *
 * @throws BackendError `protocol` for what is no such answer, or an index twice; `invalid_rows` for a wrong count or width
 */
export const rowsOf = (body: unknown, rows: number, dims: number): Float32Array => {
  const data = isObject(body) ? body['data'] : undefined
  if (!Array.isArray(data)) throw new BackendError('protocol', 'the answer of the engine has no list of data')
  if (data.length !== rows) throw new BackendError('invalid_rows', `${data.length} rows for ${rows} texts`)
  const vectors = new Float32Array(rows * dims)
  const bytes = Buffer.from(vectors.buffer)
  const placed = new Uint8Array(rows)
  for (const item of data as unknown[]) {
    const { index, embedding } = isObject(item) ? item : {}
    const row = typeof index === 'number' && Number.isInteger(index) && index >= 0 && index < rows ? index : undefined
    if (row === undefined) throw new BackendError('protocol', 'a row of the answer says no index of a text')
    if (placed[row] === 1) throw new BackendError('protocol', `the answer has two rows for text ${row}`)
    placed[row] = 1
    if (typeof embedding === 'string') copyBase64(bytes, row, embedding, dims)
    else copyNumbers(vectors, row, embedding, dims)
  }
  return vectors
}

/** The sum of tokens that the engine tells; undefined where it tells none. */
export const tokensOf = (body: unknown): number | undefined => {
  const usage = isObject(body) ? body['usage'] : undefined
  const tokens = isObject(usage) ? usage['prompt_tokens'] : undefined
  return typeof tokens === 'number' ? tokens : undefined
}

/** Decodes float32 little-endian straight into the row. */
const copyBase64 = (vectors: Buffer, row: number, base64: string, dims: number): void => {
  const bytes = dims * Float32Array.BYTES_PER_ELEMENT
  const written =
    charactersOf(base64) === Math.ceil((bytes * 4) / 3) ? vectors.write(base64, row * bytes, bytes, 'base64') : 0
  if (written !== bytes)
    throw new BackendError('invalid_rows', `row ${row} of the answer is no base64 of ${dims} floats`)
}

/** How many characters it has, without the one or two that may fill it up. */
const charactersOf = (base64: string): number => {
  if (!base64.endsWith('=')) return base64.length
  return base64.length - (base64.endsWith('==') ? 2 : 1)
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null
