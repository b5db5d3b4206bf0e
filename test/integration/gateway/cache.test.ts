import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../../gateway/core/clock.ts'
import { post, type Answer } from '../../support/gateway.ts'
import { dims, maxTokens, truth } from './scripted-engine.ts'
import { metric, newTexts, startScripted } from './scripted-gateway.ts'

let gateway: Awaited<ReturnType<typeof startScripted>>
let aheadMs = 0
beforeAll(async () => {
  gateway = await startScripted(undefined, { clock: { ...systemClock, wallNow: () => Date.now() + aheadMs } })
})
afterAll(() => gateway.close())
beforeEach(() => void gateway.engines.seen.splice(0))

const ask = (texts: readonly string[], cacheControl = ''): Promise<Answer> =>
  post(`${gateway.url}/api/v1/embed`, { texts }, { 'cache-control': cacheControl })

const expectTruth = ({ status, body }: Answer, texts: readonly string[]): void => {
  expect(status).toBe(200)
  texts.forEach((text, row) => {
    expect(body.embeddings[row]).toHaveLength(dims)
    truth(text).forEach((value, column) => expect(body.embeddings[row][column]).toBeCloseTo(value, 8))
  })
}

const computed = (): string[] => gateway.engines.seen.map(({ text }) => text)
const lookups = async (): Promise<Record<string, number>> => {
  const found = await metric(gateway.url, 'embedgate_cache_requests_total')
  return Object.fromEntries(
    ['hit', 'miss', 'stale'].map((result) => [result, found[`{tier="memory",result="${result}"}`] ?? 0]),
  )
}

describe('the result cache', () => {
  it('[S1] computes 12 texts of a batch of 32 of which 20 are stored', async () => {
    const texts = newTexts(32)
    const known = texts.filter((_, row) => row % 8 < 5)
    expect(known).toHaveLength(20)
    await ask(known)
    gateway.engines.seen.splice(0)
    const before = await lookups()
    const answer = await ask(texts)
    expectTruth(answer, texts)
    expect(answer.headers.get('x-embedgate-cache')).toBe('partial')
    expect(answer.headers.get('x-embedgate-cache-hits')).toBe('20/32')
    expect(answer.headers.get('x-embedgate-backend')).toBe('engine')
    expect(computed()).toEqual(texts.filter((text) => !known.includes(text)))
    const after = await lookups()
    expect([(after['hit'] ?? 0) - (before['hit'] ?? 0), (after['miss'] ?? 0) - (before['miss'] ?? 0)]).toEqual([20, 12])
  })

  it('answers stored texts without any backend, from every API', async () => {
    const [text = ''] = newTexts(1)
    await ask([text])
    gateway.engines.seen.splice(0)
    const answers = [
      await ask([text]),
      await post(`${gateway.url}/v1/embeddings`, { model: 'scripted', input: text }),
      await post(`${gateway.url}/embed`, { inputs: text }),
    ]
    for (const { headers } of answers) {
      expect(headers.get('x-embedgate-cache')).toBe('hit')
      expect(headers.get('x-embedgate-backend')).toBe('cached')
      expect(headers.get('x-embedgate-attempts')).toBe('0')
    }
    expect(computed()).toEqual([])
  })

  it('computes a text of a batch once, however often it is in it', async () => {
    const [a = '', b = ''] = newTexts(2)
    expectTruth(await ask([a, b, a, a, b]), [a, b, a, a, b])
    expect(computed()).toEqual([a, b])
  })

  it('neither reads nor writes for no-store', async () => {
    const [text = ''] = newTexts(1)
    const first = await ask([text], 'no-store')
    const second = await ask([text])
    expect([first, second].map(({ headers }) => headers.get('x-embedgate-cache'))).toEqual(['miss', 'miss'])
    const third = await ask([text], 'max-age=0, No-Store')
    expect(third.headers.get('x-embedgate-cache')).toBe('miss')
    expect(computed()).toEqual([text, text, text])
  })

  it('computes again for no-cache, and stores what it computed', async () => {
    const texts = newTexts(2)
    await ask(texts)
    const again = await ask(texts, 'no-cache')
    expect(again.headers.get('x-embedgate-cache')).toBe('miss')
    expect(computed()).toEqual([...texts, ...texts])
    const [other = ''] = newTexts(1)
    await ask([other], 'no-cache')
    expect((await ask([other])).headers.get('x-embedgate-cache')).toBe('hit')
  })

  it('computes again what is older than ttlMs', async () => {
    const texts = newTexts(2)
    await ask(texts)
    aheadMs += 86_399_000
    expect((await ask(texts)).headers.get('x-embedgate-cache')).toBe('hit')
    aheadMs += 2_000
    const old = await ask(texts)
    expect(old.headers.get('x-embedgate-cache')).toBe('miss')
    expect(old.headers.get('x-embedgate-degraded')).toBe('false')
    expect((await ask(texts)).headers.get('x-embedgate-cache')).toBe('hit')
  })
})

describe('texts longer than the model reads', () => {
  const longText = (): string => `${newTexts(1)[0]} ${'y'.repeat(2 * maxTokens)}`
  const tei = (inputs: string, truncate?: boolean): Promise<Answer> =>
    post(`${gateway.url}/embed`, { inputs, truncate })

  it('are cut, and every answer says so, computed and stored', async () => {
    const long = longText()
    for (const cache of ['miss', 'hit']) {
      const { headers, body } = await ask([long])
      expect([headers.get('x-embedgate-cache'), headers.get('x-embedgate-truncated')]).toEqual([cache, 'true'])
      expect(body).toMatchObject({ truncated: true, usage: { tokens: maxTokens } })
    }
  })

  it('are refused where the caller says truncate: false, also when a cut result is stored', async () => {
    const long = longText()
    expect((await tei(long)).status).toBe(200)
    expect((await tei(long)).headers.get('x-embedgate-cache')).toBe('hit')
    const refused = await tei(long, false)
    expect([refused.status, refused.body.error.code]).toEqual([400, 'EG_INPUT_TOO_LONG'])
  })

  it('are refused on every API of a model with onTooLong: refuse, also when a cut result is stored', async () => {
    await using strict = await startScripted(`
backends: { engine: { kind: scripted } }
models:
  cuts: { chain: [engine] }
  refuses: { chain: [engine], onTooLong: refuse }
`)
    const long = longText()
    expect((await post(`${strict.url}/api/v1/embed`, { model: 'cuts', texts: [long] })).status).toBe(200)
    const bodies = { '/v1/embeddings': { input: long }, '/api/v1/embed': { texts: [long] }, '/embed': { inputs: long } }
    for (const [path, body] of Object.entries(bodies)) {
      const { status, body: answer } = await post(strict.url + path, { model: 'refuses', ...body })
      expect([path, status, answer.error?.code]).toEqual([path, 400, 'EG_INPUT_TOO_LONG'])
    }
    const short = await post(`${strict.url}/api/v1/embed`, { model: 'refuses', texts: ['short'] })
    expect([short.status, short.body.truncated]).toEqual([200, false])
  })
})
