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
    body: JSON.stringify({ model, input }),
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
  const run = async (): Promise<void> => {
    for (let count = 0; !stopping.signal.aborted; count++) {
      void ask(url, model, [textOf(count)], { signal: stopping.signal })
      await sleep(1_000 / perSecond, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }
  const running = run()
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}

/** Sends so many large requests of the bulk class at once, each again as soon as it is answered. */
export const flood = (url: string, model: string, atOnce: number, texts: readonly string[]): Requests => {
  const stopping = new AbortController()
  let sent = 0
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const own = `flood ${++sent}`
      await ask(
        url,
        model,
        texts.map((text) => `${own} ${text}`),
        { bulk: true, signal: stopping.signal },
      )
    }
  }
  const running = Promise.all(Array.from({ length: atOnce }, run))
  return {
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
