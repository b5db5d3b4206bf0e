import { describe, expect, it } from 'vitest'
import { answering, dims, gateway, modelOf, post, vectorFor, type ErrorAnswer } from './gateway.ts'

interface EmbedAnswer {
  readonly embeddings: readonly (readonly number[])[]
  readonly [fact: string]: unknown
}

describe('POST /api/v1/embed', () => {
  it('[S1] answers with the model, the width, the vectors and where they came from', async () => {
    const { app } = await gateway()
    const response = await post(app, '/api/v1/embed', { texts: ['one', 'h\u00e9llo \u4e16\u754c \u{1f600}'] })
    const { embeddings, ...facts } = response.json<EmbedAnswer>()
    expect(response.statusCode).toBe(200)
    expect(facts).toEqual({
      model: 'tiny',
      dimensions: dims,
      usage: { tokens: 18 },
      backend: 'cpu',
      degraded: false,
      truncated: false,
    })
    expect(embeddings).toHaveLength(2)
    expect(embeddings[0]?.[0]).toBeCloseTo(vectorFor('one')[0] ?? 0, 9)
  })

  it('[S1] refuses an empty list', async () => {
    const { app } = await gateway()
    const response = await post(app, '/api/v1/embed', { texts: [] })
    expect(response.statusCode).toBe(400)
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_EMPTY', param: 'texts' })
  })

  it('[S1] says that a long text was cut', async () => {
    const { app } = await gateway({ embed: answering({ truncated: Uint8Array.of(1) }) })
    expect((await post(app, '/api/v1/embed', { texts: ['long'] })).json<EmbedAnswer>()).toMatchObject({
      truncated: true,
    })
  })

  it('wants a list', async () => {
    const { app } = await gateway()
    const response = await post(app, '/api/v1/embed', { texts: 'one' })
    expect(response.json<ErrorAnswer>().error).toMatchObject({ code: 'EG_INPUT_INVALID', param: 'texts' })
  })

  it('uses the first model when none is named', async () => {
    const { app } = await gateway({ models: [modelOf({ name: 'first', aliases: [] }), modelOf()] })
    expect((await post(app, '/api/v1/embed', { texts: ['one'] })).json<EmbedAnswer>()).toMatchObject({ model: 'first' })
    const named = { texts: ['one'], model: 'tiny' }
    expect((await post(app, '/api/v1/embed', named)).json<EmbedAnswer>()).toMatchObject({ model: 'tiny' })
    const unknown = { texts: ['one'], model: 'other' }
    expect((await post(app, '/api/v1/embed', unknown)).statusCode).toBe(404)
  })

  it('has its texts refused rather than cut when the model is configured so', async () => {
    const { app, seen } = await gateway({ models: [modelOf({ onTooLong: 'refuse' })] })
    await post(app, '/api/v1/embed', { texts: ['one'] })
    expect(seen[0]?.batch.truncate).toBe(false)
  })
})
