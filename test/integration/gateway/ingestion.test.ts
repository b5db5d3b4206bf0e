import { describe, expect, it } from 'vitest'
import { startGateway } from '../../support/gateway.ts'
import { metric } from './scripted-gateway.ts'

const words = 'every passage of this collection says something else about the weather in the mountains and '

describe('an ordinary client that ingests', () => {
  it(
    'is answered a request of 1 000 texts, as bulk, while interactive callers go on being answered',
    { timeout: 150_000 },
    async () => {
      await using gateway = await startGateway()
      const post = async (input: unknown): Promise<{ status: number; rows: number }> => {
        const answer = await fetch(`${gateway.url}/v1/embeddings`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'minilm', input, encoding_format: 'base64' }),
        })
        const { data = [] } = (await answer.json()) as { data?: readonly unknown[] }
        return { status: answer.status, rows: data.length }
      }
      const ingestionIs = { done: false }
      const texts = Array.from({ length: 1_000 }, (_, row) => `passage ${row}: ${words.repeat(2)}`)
      const ingestion = post(texts).finally(() => (ingestionIs.done = true))
      const interactive: number[] = []
      while (!ingestionIs.done) interactive.push((await post(`a question, number ${interactive.length}`)).status)
      expect(await ingestion).toEqual({ status: 200, rows: 1_000 })
      expect(new Set(interactive)).toEqual(new Set([200]))
      expect(interactive.length).toBeGreaterThan(10)
      expect(await metric(gateway.url, 'embedgate_shed_total')).toEqual({})
    },
  )
})
