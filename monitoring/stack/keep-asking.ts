import { setTimeout as sleep } from 'node:timers/promises'

/** Requests that go on until they are stopped. */
export interface Requests {
  stop(): Promise<void>
}

/** Sends one request; what it is answered, or that it fails, is for the metrics to tell. */
export const ask = async (
  url: string,
  model: string,
  input: readonly string[],
  options: { readonly bulk?: boolean; readonly signal?: AbortSignal } = {},
): Promise<void> => {
  await fetch(`${url}/v1/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(options.bulk === true && { 'x-embedgate-priority': 'bulk' }) },
    body: JSON.stringify({ model, input, encoding_format: 'base64' }),
    ...(options.signal && { signal: options.signal }),
  })
    .then((response) => response.arrayBuffer())
    .catch(() => undefined)
}

/** Sends texts at a rate, whether or not earlier ones are answered. `textOf` is given the number of the request. */
export const keepAsking = (
  url: string,
  model: string,
  perSecond: number,
  textOf: (count: number) => string,
): Requests => {
  const stopping = new AbortController()
  const { signal } = stopping
  const open = new Set<Promise<void>>()
  const run = async (): Promise<void> => {
    for (let count = 0; !signal.aborted; count++) {
      const asked = ask(url, model, [textOf(count)], { signal }).finally(() => open.delete(asked))
      open.add(asked)
      await sleep(1_000 / perSecond, undefined, { signal }).catch(() => undefined)
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
