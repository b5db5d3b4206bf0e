import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { writeReferences } from '../../../gateway/chain/references-file.ts'
import { withResolvers } from '../../../gateway/core/with-resolvers.ts'
import { post, startGateway, until, type Answer } from '../../support/gateway.ts'
import { largestDifference, vectorIn } from '../../support/golden.ts'
import { badAnswers, dims, maxTokens, truth } from './scripted-engine.ts'
import { newTexts, startScripted } from './scripted-gateway.ts'

// Each group names a way in which gateways have given wrong vectors; the comment in it says which file prevents it.

let gateway: Awaited<ReturnType<typeof startScripted>>
beforeAll(async () => {
  gateway = await startScripted()
})
afterAll(() => gateway.close())

type Headers = Readonly<Record<string, string>>
const ask = (input: unknown, fields: object = {}, headers: Headers = {}): Promise<Answer> =>
  post(`${gateway.url}/v1/embeddings`, { model: 'scripted', input, ...fields }, headers)

/** Every vector is the one of its text: exactly so in base64, to within the 9 decimals of JSON numbers otherwise. */
const expectTruth = ({ status, body }: Answer, texts: readonly string[]): void => {
  expect(status).toBe(200)
  expect(body.data.map(({ index }: { index: number }) => index)).toEqual(texts.map((_, row) => row))
  for (const [row, text] of texts.entries()) {
    const { embedding } = body.data[row]
    const apart = largestDifference(vectorIn(embedding), truth(text))
    expect(apart, `row ${row}`).toBeLessThanOrEqual(typeof embedding === 'string' ? 0 : 1e-9)
  }
}

describe('[wrong-vector 1] a batch of stored and new texts', () => {
  // Prevented by plugins/cache/cache-layer.ts (merge) and gateway/chain/gather.ts, which place rows by position.
  it('has every row at its place, in any order, with duplicates', async () => {
    const order = fc.array(fc.nat({ max: 7 }), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(order, fc.subarray([0, 1, 2, 3, 4, 5, 6, 7]), async (positions, stored) => {
        const texts = newTexts(8)
        if (stored.length > 0) await ask(stored.map((at) => texts[at]))
        const batch = positions.map((at) => texts[at] ?? '')
        const answer = await ask(batch)
        expectTruth(answer, batch)
        const hits = positions.filter((at) => stored.includes(at)).length
        expect(answer.headers.get('x-embedgate-cache-hits')).toBe(`${hits}/${batch.length}`)
      }),
      { numRuns: 100 },
    )
  })

  it('has every row at its place in every order of two stored and two new texts', async () => {
    const orders = [0, 1, 2, 3].flatMap((a) =>
      [0, 1, 2, 3].flatMap((b) => [0, 1, 2, 3].map((c) => [a, b, c, 6 - a - b - c])),
    )
    for (const order of orders.filter((each) => new Set(each).size === 4)) {
      const texts = newTexts(4)
      await ask(texts.slice(0, 2))
      const batch = order.map((at) => texts[at] ?? '')
      expectTruth(await ask(batch), batch)
    }
  })
})

describe('[wrong-vector 2] the encoding that was asked for', () => {
  // Prevented by gateway/http/openai.ts and gateway/http/encode/row.ts, which keeps one memo for each format.
  const [text = ''] = newTexts(1)
  it.each([
    ['base64', 'miss'],
    ['float', 'hit'],
    ['base64', 'hit'],
    [undefined, 'hit'],
    [null, 'hit'],
  ])('is honoured: %s, a cache %s', async (encoding_format, cache) => {
    const answer = await ask(text, { encoding_format })
    expect(answer.headers.get('x-embedgate-cache')).toBe(cache)
    const { embedding } = answer.body.data[0]
    if (encoding_format === 'base64') expect(Buffer.from(embedding, 'base64').length).toBe(4 * dims)
    else expect(Array.isArray(embedding)).toBe(true)
    expectTruth(answer, [text])
  })

  it('is float32, little-endian', async () => {
    const { body } = await ask(text, { encoding_format: 'base64' })
    const bytes = Buffer.alloc(4 * dims)
    truth(text).forEach((value, column) => bytes.writeFloatLE(value, 4 * column))
    expect(body.data[0].embedding).toBe(bytes.toString('base64'))
  })
})

describe('[wrong-vector 3] vectors of two spaces', () => {
  // Prevented by gateway/chain/plan-model.ts at the start, and gateway/http/dimensions.ts (expectSpace) at each request.
  it.each([
    ['another width', '{ kind: synthetic, dims: 8 }', '{ kind: synthetic, dims: 16 }', 'dims'],
    ['another limit of tokens', '{ kind: synthetic }', '{ kind: synthetic, maxTokens: 128 }', 'maxTokens'],
    ['another model', '{ kind: onnx, device: cpu, model: all-MiniLM-L6-v2 }', '{ kind: synthetic }', 'model'],
  ])('are refused in one chain at the start: %s', async (_what, first, second, field) => {
    const yaml = `{ backends: { first: ${first}, second: ${second} }, models: { m: { chain: [first, second] } } }`
    const started = startGateway(yaml)
    await expect(started).rejects.toMatchObject({
      code: 'EG_CONFIG_SPACE_MISMATCH',
      param: 'models.m.chain',
      message: expect.stringMatching(new RegExp(`first and second.* differ in .*\\b${field}\\b`)),
    })
  })

  it('are refused with 412 when the caller expects another space, on every API', async () => {
    const { headers } = await ask('hello')
    const space = headers.get('x-embedgate-space') ?? ''
    const [text = ''] = newTexts(1)
    const bodies = { '/v1/embeddings': { model: 'scripted', input: text }, '/api/v1/embed': { texts: [text] } }
    for (const [path, body] of Object.entries({ ...bodies, '/embed': { inputs: text } })) {
      const refused = await post(gateway.url + path, body, { 'x-embedgate-expect-space': space.replace(/./, 'x') })
      expect([path, refused.status, refused.body.error.code]).toEqual([path, 412, 'EG_SPACE_MISMATCH'])
      expect(gateway.engines.seen.map((seen) => seen.text)).not.toContain(text)
    }
    expectTruth(await ask(text, {}, { 'x-embedgate-expect-space': space }), [text])
  })
})

describe('[wrong-vector 4] concurrent requests', () => {
  // Prevented by gateway/chain/singleflight.ts and split.ts, which place rows by position; the worker's part is proven
  // with the real model in goldens.test.ts and in the contract suite.
  it('get their own rows, whatever they share and however they are cut', async () => {
    const texts = newTexts(50)
    const batches = Array.from({ length: 200 }, (_, request) =>
      Array.from({ length: 1 + (request % 40) }, (__, row) => texts[(request * 7 + row * 3) % texts.length] ?? ''),
    )
    const directives: readonly Headers[] = [{}, { 'cache-control': 'no-cache' }, { 'cache-control': 'no-store' }]
    const answers = await Promise.all(batches.map((batch, request) => ask(batch, {}, directives[request % 3])))
    answers.forEach((answer, request) => expectTruth(answer, batches[request] ?? []))
  })
})

describe('[wrong-vector 5] an answer of 200 that holds no vectors', () => {
  // Prevented by gateway/chain/validate.ts and bad-rows.ts: nothing behind them gets into an answer or into the cache.
  const faults = Object.keys(badAnswers) as (keyof typeof badAnswers)[]

  it.each(faults)('is neither served nor stored: %s', async (fault) => {
    const texts = newTexts(3)
    gateway.engines.faults.set('engine', fault)
    const refused = await ask(texts)
    gateway.engines.faults.delete('engine')
    expect([refused.status, refused.body.error.code]).toEqual([503, 'EG_CHAIN_EXHAUSTED'])
    const healed = await ask(texts)
    expect(healed.headers.get('x-embedgate-cache')).toBe('miss')
    expectTruth(healed, texts)
  })

  it('is answered by the next tier, and what is stored is its answer', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-references-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const references = join(folder, 'references.json')
    const texts = ['one', 'two', 'three']
    await writeReferences(references, { texts, dims, vectors: Float32Array.from(texts.flatMap(truth)) })
    await using two = await startScripted(`
backends: { first: { kind: scripted }, second: { kind: scripted } }
models: { scripted: { chain: [first, second], references: ${JSON.stringify(references)} } }
`)
    for (const fault of faults) {
      two.engines.faults.set('first', fault)
      const batch = newTexts(3)
      const body = { model: 'scripted', input: batch }
      const answer = await post(`${two.url}/v1/embeddings`, body)
      expectTruth(answer, batch)
      expect(answer.headers.get('x-embedgate-backend')).toBe('second')
      expect(answer.headers.get('x-embedgate-degraded')).toBe('true')
      const again = await post(`${two.url}/v1/embeddings`, body)
      expect(again.headers.get('x-embedgate-cache')).toBe('hit')
      expectTruth(again, batch)
    }
  })
})

describe('[wrong-vector 6] a text beside longer ones', () => {
  // Prevented by backends/onnx/worker/session (the attention mask). goldens.test.ts has short texts in every order.
  it('has the vector that it has alone', { timeout: 60_000 }, async () => {
    await using real = await startGateway(
      '{ backends: { cpu: { kind: onnx, model: all-MiniLM-L6-v2, workers: 1 } }, models: { m: { chain: [cpu] } } }',
    )
    const embed = async (input: string | string[]): Promise<ArrayLike<number>[]> => {
      const body = { model: 'm', input, encoding_format: 'base64' }
      const answer = await post(`${real.url}/v1/embeddings`, body, { 'cache-control': 'no-store' })
      expect(answer.status).toBe(200)
      return answer.body.data.map(({ embedding }: { embedding: string }) => vectorIn(embedding))
    }
    const texts = ['a', 'river '.repeat(254), 'two words', 'river '.repeat(60), 'The cat sat on the mat.', 'b']
    const together = await embed(texts)
    for (const [row, text] of texts.entries()) {
      const [alone = []] = await embed(text)
      expect(largestDifference(together[row] ?? [], alone)).toBeLessThanOrEqual(1e-6)
    }
  })
})

describe('[wrong-vector 7] usage', () => {
  // Prevented by store/entry.ts, which keeps the token count and the truncated flag with the vector.
  it('is the same computed, stored and mixed, also for texts that were cut', async () => {
    const [short = '', other = ''] = newTexts(2)
    const long = `${newTexts(1)[0]} ${'x'.repeat(2 * maxTokens)}`
    const tokens = short.length + maxTokens
    const first = await ask([short, long])
    const second = await ask([short, long])
    expect(second.headers.get('x-embedgate-cache')).toBe('hit')
    for (const { body, headers } of [first, second]) {
      expect(body.usage).toEqual({ prompt_tokens: tokens, total_tokens: tokens })
      expect(headers.get('x-embedgate-truncated')).toBe('true')
    }
    const mixed = await ask([other, long, short, long])
    expect(mixed.headers.get('x-embedgate-cache')).toBe('partial')
    expect(mixed.body.usage.prompt_tokens).toBe(other.length + tokens + maxTokens)
  })
})

describe('[wrong-vector 8] half a surrogate pair', () => {
  // Prevented by gateway/http/input.ts (escaped; store/key.ts is behind it) and gateway/http/json-body.ts (raw bytes).
  const bodies = [
    ['/v1/embeddings', (texts: string) => `{"model":"scripted","input":${texts}}`],
    ['/api/v1/embed', (texts: string) => `{"texts":${texts}}`],
    ['/embed', (texts: string) => `{"inputs":${texts}}`],
  ] as const
  const send = async (path: string, body: string | Uint8Array<ArrayBuffer>): Promise<Answer> => {
    // Not by way of the cache, whose keys refuse such texts too.
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' }
    const response = await fetch(gateway.url + path, { method: 'POST', headers, body })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }

  it.each(bodies)('is refused by %s, escaped or raw, anywhere in a batch', async (path, bodyOf) => {
    for (const half of ['\\ud800', '\\udbff', '\\udc00', 'ok \\ude00\\ud83d', '\\uD83D \\uDE00']) {
      const answer = await send(path, bodyOf(`["fine","${half}"]`))
      expect([half, answer.status, answer.body.error.code]).toEqual([half, 400, 'EG_INPUT_NOT_WELL_FORMED'])
    }
    for (const raw of [[0xed, 0xa0, 0x80], [0xed, 0xaf, 0xbf], [0xed, 0xb0, 0x80], [0xff]]) {
      const [before = '', after = ''] = bodyOf('["fine","@"]').split('@')
      const answer = await send(path, Uint8Array.from([...Buffer.from(before), ...raw, ...Buffer.from(after)]))
      expect([raw, answer.status, answer.body.error.code]).toEqual([raw, 400, 'EG_INPUT_NOT_WELL_FORMED'])
    }
  })

  it('does not keep U+FFFD and whole pairs from being texts of their own', async () => {
    const texts = ['\ufffd', '\u{1f600}', 'ok \ufffd', '\ue000']
    expectTruth(await ask(texts), texts)
    expectTruth(await ask(texts.toReversed()), texts.toReversed())
  })
})

describe('[wrong-vector 9] a tier that serves before all its references are measured, and turns out to be wrong', () => {
  // Prevented by gateway/chain/drifts.ts and degrade.ts, plugins/cache/cache-layer.ts and store/trusted.ts.
  it('leaves nothing in the cache, and gives nothing that it was computing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'embedgate-references-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const references = join(folder, 'references.json')
    const goldens = Array.from({ length: 12 }, (_, index) => `golden ${index}`)
    await writeReferences(references, { texts: goldens, dims, vectors: Float32Array.from(goldens.flatMap(truth)) })
    await using doubtful = await startScripted(`
backends: { first: { kind: scripted, wrong: true }, second: { kind: scripted }, cached: { kind: cached } }
models: { scripted: { chain: [first, second, cached], references: ${JSON.stringify(references)} } }
`)
    const { app, engines } = doubtful
    const askFor = (texts: readonly string[]) =>
      post(`${doubtful.url}/v1/embeddings`, { model: 'scripted', input: texts })
    const [early = '', late = ''] = newTexts(2)

    const served = await askFor([early])
    expect(served.headers.get('x-embedgate-backend')).toBe('first')
    expect(largestDifference(vectorIn(served.body.data[0].embedding), truth(early))).toBeGreaterThan(0.1)
    expect((await askFor([early])).headers.get('x-embedgate-cache')).toBe('hit')

    engines.gates.set(late, withResolvers())
    const partial = askFor([early, late])
    await until(() => engines.seen.some(({ text }) => text === late))
    engines.gates.get('golden 8')?.resolve()
    await until(() => app.backends.replicas()[0]?.state === 'drifted')
    engines.gates.get(late)?.resolve()

    const answer = await partial
    expectTruth(answer, [early, late])
    expect(answer.headers.get('x-embedgate-backend')).toBe('second')
    expect(answer.headers.get('x-embedgate-degraded')).toBe('true')
    expectTruth(await askFor([late, early]), [late, early])
    const again = await askFor([early, late])
    expect(again.headers.get('x-embedgate-cache')).toBe('hit')
    expectTruth(again, [early, late])
  })
})
