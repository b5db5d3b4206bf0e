import { describe, expect, it } from 'vitest'
import type { EncodingMemo } from '../../../gateway/core/embeddings.ts'
import { spaceId } from '../../../gateway/core/space.ts'
import { answering, ask, dims, gateway, modelOf, success, vectorFor, type ErrorAnswer } from './gateway.ts'

interface OpenAiAnswer {
  readonly object: string
  readonly data: readonly { readonly object: string; readonly index: number; readonly embedding: number[] | string }[]
  readonly model: string
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number }
}

const floatsFrom = (base64: unknown): Float32Array => {
  const bytes = Buffer.from(String(base64), 'base64')
  return new Float32Array(new Uint8Array(bytes).buffer)
}

describe('POST /v1/embeddings', () => {
  it('answers a list of texts in their order, with the model and the usage', async () => {
    const { app } = await gateway()
    const response = await ask(app, { input: ['one', 'three'] })
    const answer = response.json<OpenAiAnswer>()
    expect(response.statusCode).toBe(200)
    expect(response.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(answer.object).toBe('list')
    expect(answer.model).toBe('tiny')
    expect(answer.usage).toEqual({ prompt_tokens: 12, total_tokens: 12 })
    expect(answer.data.map(({ index, object }) => [index, object])).toEqual([
      [0, 'embedding'],
      [1, 'embedding'],
    ])
    for (const [index, text] of ['one', 'three'].entries())
      for (const [at, value] of vectorFor(text).entries())
        expect(answer.data[index]?.embedding[at]).toBeCloseTo(value, 9)
  })

  it('answers one string as one row', async () => {
    const { app, seen } = await gateway()
    const answer = (await ask(app, { input: 'one' })).json<OpenAiAnswer>()
    expect(answer.data).toHaveLength(1)
    expect(seen[0]?.batch.texts).toEqual(['one'])
  })

  it.each([undefined, null, 'float'])('[wrong-vector 2] writes floats when encoding_format is %s', async (format) => {
    const { app } = await gateway()
    const answer = (await ask(app, { input: 'one', encoding_format: format })).json<OpenAiAnswer>()
    expect(answer.data[0]?.embedding).toBeInstanceOf(Array)
    expect(answer.data[0]?.embedding).toHaveLength(dims)
  })

  it('[wrong-vector 2] writes base64 of float32 when base64 is asked for', async () => {
    const { app } = await gateway()
    const answer = (await ask(app, { input: ['one', 'two'], encoding_format: 'base64' })).json<OpenAiAnswer>()
    expect(floatsFrom(answer.data[0]?.embedding)).toEqual(vectorFor('one'))
    expect(floatsFrom(answer.data[1]?.embedding)).toEqual(vectorFor('two'))
  })

  it('[wrong-vector 2] honours each encoding when a stored row keeps both encoded forms', async () => {
    const kept = new Map<string, Uint8Array>()
    const memo: EncodingMemo = {
      get: (format) => kept.get(format),
      set: (format, bytes) => void kept.set(format, bytes),
    }
    const { app } = await gateway({ embed: answering({ memos: [memo], source: Uint8Array.of(1) }) })
    const first = (await ask(app, { input: 'one', encoding_format: 'base64' })).json<OpenAiAnswer>()
    const second = (await ask(app, { input: 'one' })).json<OpenAiAnswer>()
    const third = (await ask(app, { input: 'one', encoding_format: 'base64' })).json<OpenAiAnswer>()
    expect(floatsFrom(first.data[0]?.embedding)).toEqual(vectorFor('one'))
    expect(second.data[0]?.embedding).toHaveLength(dims)
    expect(third).toEqual(first)
    expect([...kept.keys()]).toEqual(['base64', 'float'])
  })

  it('[wrong-vector 7] reports the same usage for stored rows as for computed ones', async () => {
    const whole = await gateway({ embed: answering() })
    const stored = await gateway({ embed: answering({ source: Uint8Array.of(1, 1), trail: [] }) })
    const mixed = await gateway({ embed: answering({ source: Uint8Array.of(1, 0) }) })
    const input = ['one', 'three']
    for (const { app } of [whole, stored, mixed])
      expect((await ask(app, { input })).json<OpenAiAnswer>().usage).toEqual({ prompt_tokens: 12, total_tokens: 12 })
  })

  it.each([
    ['high', '\ud800'],
    ['low', '\udbff'],
    ['low, inside', 'a\udc00b'],
  ])('[wrong-vector 8] refuses a lone surrogate (%s) and names its place', async (_which, text) => {
    const { app, seen } = await gateway()
    const response = await app.inject({
      method: 'POST',
      url: '/v1/embeddings',
      headers: { 'content-type': 'application/json' },
      payload: JSON.stringify({ model: 'tiny', input: ['fine', text] }),
    })
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_NOT_WELL_FORMED', param: 'input[1]' })
    expect(seen).toHaveLength(0)
  })

  it('[wrong-vector 8] refuses bytes that are not UTF-8 instead of reading them as U+FFFD', async () => {
    const { app, seen } = await gateway()
    const payload = Buffer.concat([Buffer.from('{"model":"tiny","input":"'), Buffer.of(0xff, 0xfe), Buffer.from('"}')])
    const headers = { 'content-type': 'application/json' }
    const response = await app.inject({ method: 'POST', url: '/v1/embeddings', headers, payload })
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_INPUT_NOT_WELL_FORMED')
    expect(seen).toHaveLength(0)
  })

  it('[wrong-vector 8] embeds U+FFFD itself, which is a character', async () => {
    const { app, seen } = await gateway()
    expect((await ask(app, { input: '\ufffd' })).statusCode).toBe(200)
    expect(seen[0]?.batch.texts).toEqual(['\ufffd'])
  })

  it('ignores fields it does not know', async () => {
    const { app } = await gateway()
    expect((await ask(app, { input: 'one', user: 'u', extra: { deep: [1] } })).statusCode).toBe(200)
  })

  it('requires a model and names those that are served, nearest first', async () => {
    const models = [modelOf({ name: 'multilingual-e5' }), modelOf({ name: 'all-MiniLM-L6-v2', aliases: [] })]
    const { app } = await gateway({ models })
    const missing = await app.inject({ method: 'POST', url: '/v1/embeddings', payload: { input: 'one' } })
    const unknown = await ask(app, { model: 'all-MiniLM-L12-v2', input: 'one' })
    expect(missing.statusCode).toBe(400)
    expect(missing.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_INVALID', param: 'model' })
    expect(unknown.statusCode).toBe(404)
    expect(unknown.json<ErrorAnswer>().error.code).toBe('EG_MODEL_UNKNOWN')
    expect(unknown.json<ErrorAnswer>().error.message).toContain('served: all-MiniLM-L6-v2, multilingual-e5')
  })

  it('does not repeat a model name of megabytes', async () => {
    const { app } = await gateway()
    const response = await ask(app, { model: 'x'.repeat(1_000_000), input: 'one' })
    expect(response.statusCode).toBe(404)
    expect(response.body.length).toBeLessThan(500)
  })

  it('finds a model by its alias and answers with its name', async () => {
    const { app } = await gateway()
    expect((await ask(app, { model: 'small', input: 'one' })).json<OpenAiAnswer>().model).toBe('tiny')
  })

  it('puts the prompt of the input type before each text', async () => {
    const { app, seen } = await gateway({ models: [modelOf({}, { prompts: { query: 'query: ' } })] })
    expect((await ask(app, { input: ['one'], input_type: 'query' })).statusCode).toBe(200)
    expect(seen[0]?.batch.texts).toEqual(['query: one'])
    const unknown = await ask(app, { input: ['one'], input_type: 'constructor' })
    expect(unknown.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_INVALID', param: 'input_type' })
  })

  it('accepts any input type for a model that reads all types alike', async () => {
    const { app, seen } = await gateway()
    expect((await ask(app, { input: ['one'], input_type: 'document' })).statusCode).toBe(200)
    expect(seen[0]?.batch.texts).toEqual(['one'])
  })
})

describe('dimensions', () => {
  const matryoshka = modelOf({ matryoshkaDims: [2, 4] })

  it('cuts to a listed width, brings rows back to length 1, and names the cut space', async () => {
    const { app } = await gateway({ models: [matryoshka] })
    const response = await ask(app, { input: ['one', 'two'], dimensions: 4, encoding_format: 'base64' })
    const rows = response.json<OpenAiAnswer>().data.map(({ embedding }) => floatsFrom(embedding))
    for (const [index, text] of ['one', 'two'].entries()) {
      const cut = vectorFor(text).subarray(0, 4)
      const row = rows[index] ?? new Float32Array()
      expect(row).toHaveLength(4)
      expect(Math.hypot(...row)).toBeCloseTo(1, 6)
      expect((row[0] ?? 0) * Math.hypot(...cut)).toBeCloseTo(cut[0] ?? 0, 6)
    }
    expect(response.headers['x-embedgate-space']).toBe(spaceId({ ...matryoshka.space, dims: 4 }))
  })

  it('does not take the encoded form of the full width for a cut row, nor keep the cut one', async () => {
    const kept: unknown[] = []
    const memo: EncodingMemo = { get: () => Buffer.from('["full"]'), set: (format) => kept.push(format) }
    const { app } = await gateway({ models: [matryoshka], embed: answering({ memos: [memo] }) })
    const answer = (await ask(app, { input: 'one', dimensions: 2 })).json<OpenAiAnswer>()
    expect(answer.data[0]?.embedding).toHaveLength(2)
    expect(kept).toEqual([])
  })

  it('accepts the full width of any model', async () => {
    const { app } = await gateway()
    expect((await ask(app, { input: 'one', dimensions: dims })).statusCode).toBe(200)
    expect((await ask(app, { input: 'one', dimensions: null })).statusCode).toBe(200)
  })

  it('refuses a width the model was not trained for and lists the allowed ones', async () => {
    const { app } = await gateway({ models: [matryoshka] })
    const response = await ask(app, { input: 'one', dimensions: 3 })
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_DIMENSIONS_UNSUPPORTED', param: 'dimensions' })
    expect(response.json<ErrorAnswer>().error.message).toContain('2, 4, 8')
  })

  it.each([0, -1, 1.5, '4', true, [], {}])('refuses %j, which is no width', async (width) => {
    const { app } = await gateway({ models: [matryoshka] })
    const response = await ask(app, { input: 'one', dimensions: width })
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_INVALID', param: 'dimensions' })
  })
})

describe('x-embedgate-expect-space', () => {
  it('answers when it is the space of the vectors', async () => {
    const { app } = await gateway()
    const response = await ask(app, { input: 'one' }, { 'x-embedgate-expect-space': modelOf().spaceId })
    expect(response.statusCode).toBe(200)
    expect(response.headers['x-embedgate-space']).toBe(modelOf().spaceId)
  })

  it('[wrong-vector 3] answers 412 for another space, before anything is computed', async () => {
    const { app, seen } = await gateway()
    const response = await ask(app, { input: 'one' }, { 'x-embedgate-expect-space': 'another' })
    expect(response.statusCode).toBe(412)
    expect(response.json<ErrorAnswer>().error.code).toBe('EG_SPACE_MISMATCH')
    expect(seen).toHaveLength(0)
  })

  it('[wrong-vector 3] compares with the cut space when dimensions cut the vectors', async () => {
    const model = modelOf({ matryoshkaDims: [4] })
    const { app } = await gateway({ models: [model] })
    const full = { 'x-embedgate-expect-space': model.spaceId }
    expect((await ask(app, { input: 'one', dimensions: 4 }, full)).statusCode).toBe(412)
    const cut = { 'x-embedgate-expect-space': spaceId({ ...model.space, dims: 4 }) }
    expect((await ask(app, { input: 'one', dimensions: 4 }, cut)).statusCode).toBe(200)
  })
})

describe('honest headers', () => {
  it('tells of a computed answer', async () => {
    const { app } = await gateway()
    const { headers } = await ask(app, { input: ['one', 'two'] })
    expect(headers).toMatchObject({
      'x-embedgate-backend': 'cpu',
      'x-embedgate-cache': 'miss',
      'x-embedgate-cache-hits': '0/2',
      'x-embedgate-degraded': 'false',
      'x-embedgate-attempts': '1',
      'x-embedgate-truncated': 'false',
    })
    expect(headers['openai-processing-ms']).toMatch(/^\d+$/)
    expect(headers['x-request-id']).toMatch(/^req_[0-9a-f]{32}$/)
  })

  it.each([
    ['hit', [1, 1], 'false', '2/2'],
    ['partial', [1, 0], 'false', '1/2'],
    ['miss', [0, 3], 'false', '0/2'],
    ['stale', [1, 2], 'true', '2/2'],
  ])('says %s for rows from %j', async (state, source, degraded, hits) => {
    const { app } = await gateway({ embed: answering({ source: Uint8Array.from(source) }) })
    const { headers } = await ask(app, { input: ['one', 'two'] })
    expect(headers['x-embedgate-cache']).toBe(state)
    expect(headers['x-embedgate-degraded']).toBe(degraded)
    expect(headers['x-embedgate-cache-hits']).toBe(hits)
  })

  it('says when a text was cut', async () => {
    const { app } = await gateway({ embed: answering({ truncated: Uint8Array.of(0, 1) }) })
    expect((await ask(app, { input: ['one', 'two'] })).headers['x-embedgate-truncated']).toBe('true')
  })

  it('survives a backend name that no header may hold', async () => {
    const trail = [{ ...success, backend: 'gpu\u2013\u00e9' }]
    const { app } = await gateway({ embed: answering({ trail }) })
    expect((await ask(app, { input: 'one' })).headers['x-embedgate-backend']).toBe('gpu??')
  })
})
