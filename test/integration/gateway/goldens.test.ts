import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { post, startGateway, type TestGateway } from '../../support/gateway.ts'
import { dims, expectGolden, goldens, largestDifference, vectorIn } from '../../support/golden.ts'

let gateway: TestGateway
beforeAll(async () => {
  gateway = await startGateway()
})
afterAll(() => gateway.close())

const model = 'all-MiniLM-L6-v2'
const fresh = { 'cache-control': 'no-store' }
const texts = goldens.map(({ text }) => text)
const tokens = goldens.reduce((sum, golden) => sum + golden.tokens, 0)

const openai = async (input: string | string[], options: object = {}, headers: Record<string, string> = fresh) => {
  const answer = await post(`${gateway.url}/v1/embeddings`, { model, input, ...options }, headers)
  expect(answer.status).toBe(200)
  return answer
}

describe('all three APIs give the reference vectors', () => {
  it.each(['float', 'base64'])('[S2] POST /v1/embeddings in %s', async (encoding_format) => {
    const { body } = await openai(texts, { encoding_format })
    expect(body.data.map(({ index }: { index: number }) => index)).toEqual(texts.map((_, row) => row))
    goldens.forEach(({ vector }, row) => expectGolden(vectorIn(body.data[row].embedding), vector))
  })

  it('[S1] POST /api/v1/embed', async () => {
    const { body } = await post(`${gateway.url}/api/v1/embed`, { texts }, fresh)
    expect(body).toMatchObject({ model, dimensions: dims, backend: 'cpu', degraded: false })
    goldens.forEach(({ vector }, row) => expectGolden(body.embeddings[row], vector))
  })

  it('[S2] POST /embed of TEI', async () => {
    const { body } = await post(`${gateway.url}/embed`, { inputs: texts }, fresh)
    goldens.forEach(({ vector }, row) => expectGolden(body[row], vector))
  })
})

describe('usage', () => {
  it("[wrong-vector 7] is the reference's token count, computed and from the cache", async () => {
    const first = await openai(texts, {}, {})
    const second = await openai(texts, {}, {})
    expect(second.headers.get('x-embedgate-cache')).toBe('hit')
    expect(first.body.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens })
    expect(second.body.usage).toEqual(first.body.usage)
    expect(second.body.data).toEqual(first.body.data)
  })

  it('is right for every single golden', async () => {
    for (const golden of goldens) {
      const { body } = await openai(golden.text)
      expect([golden.text.slice(0, 40), body.usage.prompt_tokens]).toEqual([golden.text.slice(0, 40), golden.tokens])
    }
  })
})

describe('[wrong-vector 6] a text has one vector', () => {
  const short = goldens.filter((golden) => golden.tokens <= 64)
  const alone = new Map<string, ArrayLike<number>>()
  beforeAll(async () => {
    for (const { text } of short) {
      const { body } = await openai(text, { encoding_format: 'base64' })
      alone.set(text, vectorIn(body.data[0].embedding))
    }
  })

  const expectSame = (batch: readonly string[], data: { embedding: string }[]): void =>
    batch.forEach((text, row) => {
      const difference = largestDifference(vectorIn(data[row]?.embedding ?? ''), alone.get(text) ?? [])
      expect(difference).toBeLessThanOrEqual(1e-6)
    })

  it('alone, in one batch, and in the reverse order', async () => {
    const batch = short.map(({ text }) => text)
    for (const order of [batch, batch.toReversed()]) {
      const { body } = await openai(order, { encoding_format: 'base64' })
      expectSame(order, body.data)
    }
  })

  it('[wrong-vector 4] among 200 concurrent mixed requests', async () => {
    const batches = Array.from({ length: 200 }, (_, request) =>
      Array.from(
        { length: 1 + (request % 5) },
        (_text, row) => short[(request * 7 + row * 3) % short.length]?.text ?? '',
      ),
    )
    // Half of the requests read and fill the cache and share computations, half go alone.
    const answers = await Promise.all(
      batches.map((batch, request) => openai(batch, { encoding_format: 'base64' }, request % 2 === 0 ? {} : fresh)),
    )
    answers.forEach(({ body }, request) => expectSame(batches[request] ?? [], body.data))
  })
})
