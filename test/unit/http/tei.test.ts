import { describe, expect, it } from 'vitest'
import { dims, gateway, modelOf, post, type ErrorAnswer } from './gateway.ts'

describe('POST /embed', () => {
  it.each(['one', ['one']])('answers %j with a list of vectors', async (inputs) => {
    const { app } = await gateway()
    const response = await post(app, '/embed', { inputs })
    expect(response.statusCode).toBe(200)
    expect(response.json<number[][]>().map((row) => row.length)).toEqual([dims])
  })

  it('says how many tokens it read, as text-embeddings-inference does', async () => {
    const { app } = await gateway()
    const response = await post(app, '/embed', { inputs: ['one', 'three'] })
    expect(response.headers['x-compute-tokens']).toBe('12')
  })

  it('cuts or refuses long texts as the model is configured, unless the request says how', async () => {
    const { app, seen } = await gateway()
    await post(app, '/embed', { inputs: 'one' })
    await post(app, '/embed', { inputs: 'one', truncate: false })
    await post(app, '/embed', { inputs: 'one', truncate: true })
    expect(seen.map(({ batch }) => batch.truncate)).toEqual([true, false, true])
  })

  it('puts the named prompt before the texts', async () => {
    const { app, seen } = await gateway({ models: [modelOf({}, { prompts: { query: 'q: ' } })] })
    await post(app, '/embed', { inputs: 'one', prompt_name: 'query' })
    expect(seen[0]?.batch.texts).toEqual(['q: one'])
  })

  it.each([
    [{ normalize: false }, 'normalize'],
    [{ normalize: 'yes' }, 'normalize'],
    [{ truncate: 1 }, 'truncate'],
    [{ truncation_direction: 'Left' }, 'truncation_direction'],
  ])('refuses %j', async (fields, param) => {
    const { app } = await gateway()
    const response = await post(app, '/embed', { inputs: 'one', ...fields })
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_INVALID', param })
  })

  it('takes normalize: false for a model whose vectors are not normalized', async () => {
    const { app } = await gateway({ models: [modelOf({}, { normalized: false })] })
    expect((await post(app, '/embed', { inputs: 'one', normalize: false })).statusCode).toBe(200)
    expect((await post(app, '/embed', { inputs: 'one', normalize: true })).statusCode).toBe(400)
  })
})

describe('GET /info', () => {
  it('has every key that text-embeddings-inference answers with', async () => {
    const { app } = await gateway()
    const info = (await app.inject('/info')).json<Record<string, unknown>>()
    expect(info).toMatchObject({
      model_id: 'test/tiny',
      model_sha: 'r1',
      model_dtype: 'float32',
      model_type: { embedding: { pooling: 'mean' } },
      max_concurrent_requests: 4096,
      max_input_length: 256,
      max_batch_tokens: 300_000,
      max_batch_requests: null,
      max_client_batch_size: 2048,
      auto_truncate: true,
      sha: null,
      docker_label: null,
    })
    expect(info['version']).toMatch(/^\d+\.\d+\.\d+/)
  })
})
