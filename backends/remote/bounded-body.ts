/** What has been read of an answer's body. */
export interface BoundedBody {
  readonly bytes: Buffer
  /** false: there was more, and it was not taken. */
  readonly isWhole: boolean
}

/** The part of undici's body that is read; destroying it closes the connection. */
export interface ReadableBody extends AsyncIterable<Buffer> {
  destroy(): unknown
  once(event: 'error', listener: () => void): unknown
}

/**
 * Reads a body up to `maxBytes`. One that is longer is cut off: what is still on its way is neither taken nor kept.
 *
 * @throws what the connection fails with
 */
export const readBounded = async (body: ReadableBody, maxBytes: number): Promise<BoundedBody> => {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > maxBytes) return cutOff(body, chunks)
    chunks.push(chunk)
  }
  return { bytes: Buffer.concat(chunks), isWhole: true }
}

const cutOff = (body: ReadableBody, chunks: readonly Buffer[]): BoundedBody => {
  // Nobody waits for what a body that is given up on fails with.
  body.once('error', () => {})
  body.destroy()
  return { bytes: Buffer.concat(chunks), isWhole: false }
}
