import { setTimeout as sleep } from 'node:timers/promises'
import { requestTexts } from '../../bench/load/texts.ts'

/** Requests that go on until they are stopped. */
export interface Load {
  stop(): Promise<void>
}

/** Tokens of the texts: from a question to a paragraph. */
const lengths = [12, 16, 24, 64]
/** Texts that come again and again, so that the cache has something to find. */
const known = 50

/**
 * Sends about `perSecond` requests a second, every other one with a text that was sent before. What they are answered is of
 * no interest here.
 */
export const startLoad = (url: string, model: string, perSecond: number): Load => {
  const stopping = new AbortController()
  const next = requestTexts(lengths, 1, 1)
  const often = Array.from({ length: known }, () => next().texts)
  const open = new Set<Promise<unknown>>()
  const send = (input: readonly string[]): void => {
    const sent = fetch(`${url}/v1/embeddings`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model, input, encoding_format: 'base64' }),
      signal: stopping.signal,
    })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined)
      .finally(() => open.delete(sent))
    open.add(sent)
  }
  const run = async (): Promise<void> => {
    for (let count = 0; !stopping.signal.aborted; count++) {
      send(count % 2 === 0 ? (often[count % known] ?? []) : next().texts)
      await sleep(1_000 / perSecond, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
      await Promise.all(open)
    },
  }
}
