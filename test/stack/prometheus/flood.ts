import { ask, type Requests } from '../../../monitoring/stack/keep-asking.ts'

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
