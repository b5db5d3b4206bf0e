import { readFile, writeFile } from 'node:fs/promises'
import { GatewayError } from '../core/errors.ts'
import type { References } from '../core/model.ts'

/** The JSON of a reference file. */
interface ReferencesJson {
  /** `truncated` of those that are longer than the model reads. */
  readonly texts: readonly { readonly text: string; readonly truncated?: boolean }[]
  readonly dims: number
  /** float32 little-endian, texts.length x dims, as base64. */
  readonly vectors: string
}

/**
 * Reads a reference file.
 *
 * @param path relative to the working directory
 * @param param the configuration path that named it, for the error
 * @throws GatewayError `EG_CONFIG_INVALID`
 */
export const readReferences = async (path: string, param: string): Promise<References> => {
  const invalid = (reason: string, cause?: unknown): GatewayError =>
    new GatewayError('EG_CONFIG_INVALID', `${param}: ${path} ${reason}`, { param, cause })
  let json: unknown
  try {
    json = JSON.parse(await readFile(path, 'utf8'))
  } catch (cause) {
    throw invalid(`cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  }
  if (!isReferencesJson(json)) throw invalid('is not a reference file: it wants texts, dims and vectors')
  const bytes = Buffer.from(json.vectors, 'base64')
  const expectedBytes = json.texts.length * json.dims * Float32Array.BYTES_PER_ELEMENT
  if (bytes.length !== expectedBytes)
    throw invalid(`holds ${bytes.length} bytes of vectors instead of ${expectedBytes}`)
  // Copied, because a Buffer may start anywhere and a Float32Array only at a multiple of four.
  const vectors = new Float32Array(new Uint8Array(bytes).buffer)
  const truncated = json.texts.map((each) => each.truncated === true)
  return { texts: json.texts.map(({ text }) => text), vectors, dims: json.dims, truncated }
}

/** Writes a reference file that `readReferences` reads, replacing an older one. */
export const writeReferences = async (
  path: string,
  { texts, dims, vectors, truncated = [] }: References,
): Promise<void> => {
  const bytes = Buffer.from(vectors.buffer, vectors.byteOffset, vectors.byteLength)
  const json: ReferencesJson = {
    texts: texts.map((text, row) => ({ text, ...(truncated[row] === true && { truncated: true }) })),
    dims,
    vectors: bytes.toString('base64'),
  }
  await writeFile(path, `${JSON.stringify(json, undefined, 1)}\n`)
}

const isReferencesJson = (json: unknown): json is ReferencesJson => {
  const { texts, dims, vectors } = (json ?? {}) as Partial<Record<keyof ReferencesJson, unknown>>
  return (
    Array.isArray(texts) &&
    texts.length > 0 &&
    texts.every((entry: unknown) => typeof (entry as { text?: unknown } | null)?.text === 'string') &&
    Number.isInteger(dims) &&
    (dims as number) > 0 &&
    typeof vectors === 'string'
  )
}
