import type { IncomingMessage } from 'node:http'
import { Refusal } from '../engine/refusal.ts'

/** Largest body of one request: a text of 4 MB, the gateway's usual limit, with every character escaped, fits. */
const maxBodyBytes = 33_554_432
/** Bodies that are held at once, all requests together. */
const maxHeldBytes = 134_217_728

/** Reads request bodies, bounded one by one and together. */
export interface BodyReader {
  /**
   * The JSON value of a body.
   *
   * @throws Refusal `bad_request` when it is too large or not JSON, `busy` when all bodies together are too large
   */
  read(request: IncomingMessage): Promise<unknown>
}

/** A reader with nothing in hand. */
export const bodyReader = (): BodyReader => {
  let heldBytes = 0
  return {
    async read(request) {
      const chunks: Buffer[] = []
      let bytes = 0
      try {
        for await (const chunk of request as AsyncIterable<Buffer>) {
          bytes += chunk.length
          heldBytes += chunk.length
          if (bytes > maxBodyBytes) throw new Refusal('bad_request', `the body is over ${maxBodyBytes} bytes`)
          if (heldBytes > maxHeldBytes) throw new Refusal('busy', 'too many bodies are being read')
          chunks.push(chunk)
        }
        return parse(chunks)
      } finally {
        heldBytes -= bytes
      }
    },
  }
}

const parse = (chunks: readonly Buffer[]): unknown => {
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new Refusal('bad_request', 'the body is not JSON')
  }
}
