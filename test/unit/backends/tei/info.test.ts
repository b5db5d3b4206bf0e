import { describe, expect, it } from 'vitest'
import { infoWatch } from '../../../../backends/tei/info.ts'
import { systemClock } from '../../../../gateway/core/clock.ts'

const entry = { model: 'BAAI/bge', maxTexts: 32, maxTokens: 512 }
const right = { model_id: 'BAAI/bge', max_client_batch_size: 32, max_input_length: 512, model_type: { embedding: {} } }

/** A watch over an engine that answers `body`, until it is given another. */
const watchOver = (body: unknown, status = 200) => {
  const engine = { body, status }
  const answer = () => ({ status: engine.status, headers: {}, body: Buffer.from(JSON.stringify(engine.body)) })
  const exchange = { send: async () => answer(), statusOf: async () => 200, close: async () => {} }
  return { engine, watch: infoWatch(entry, exchange, systemClock) }
}
const { signal } = new AbortController()
const check = (...given: Parameters<typeof watchOver>): Promise<void> => watchOver(...given).watch.check(signal)

describe('what a TEI server says of itself', () => {
  it.each([
    ['what its entry says', right],
    ['that it takes more texts', { ...right, max_client_batch_size: 64 }],
    ['its kind as its documentation has it', { ...right, model_type: { Embedding: { pooling: 'cls' } } }],
    ['little', {}],
  ])('fits when it is %s', async (_, info) => {
    await expect(check(info)).resolves.toBeUndefined()
  })

  it('is taken on trust when it has no such route', async () => {
    await expect(check({}, 404)).resolves.toBeUndefined()
  })

  it.each([
    [{ ...right, model_id: 'other' }, /serves "other", its entry says "BAAI\/bge"/],
    [{ ...right, max_input_length: 256 }, /set maxTokens to that, not 512/],
    [{ ...right, max_client_batch_size: 16 }, /set maxTexts to that or less, not 32/],
    [{ ...right, model_type: { reranker: {} } }, /does not embed/],
    [null, /no object/],
  ])('does not fit as %j', async (info, message) => {
    await expect(check(info)).rejects.toThrow(message)
  })

  it('is not asked for when the entry is refused', async () => {
    await expect(check({}, 401)).rejects.toMatchObject({ fault: 'status' })
  })
})

describe('what a TEI server says of itself later', () => {
  it.each([
    ['model_id', { ...right, model_id: 'other' }, /serves "other"/],
    ['max_input_length', { ...right, max_input_length: 256 }, /set maxTokens to that/],
    ['model_sha', { ...right, model_sha: 'b' }, /another model_sha than when it started/],
    ['pooling', { ...right, model_type: { embedding: { pooling: 'cls' } } }, /another model_type/],
  ])('shows another %s', async (_, later, message) => {
    const { engine, watch } = watchOver({ ...right, model_sha: 'a' })
    const told: string[] = []
    watch.onOtherModel((reason) => told.push(reason))
    await watch.check(signal)
    expect(await watch.changed(signal)).toBeUndefined()
    expect(told).toEqual([])
    engine.body = { model_sha: 'a', ...later }
    expect(await watch.changed(signal)).toMatch(message)
    expect(told).toEqual([expect.stringMatching(/^the engine has another \w+ than when it started$/)])
  })

  it('may show another precision: one URL may lead to pods with a GPU and without', async () => {
    const { engine, watch } = watchOver({ ...right, model_dtype: 'float16' })
    await watch.check(signal)
    engine.body = { ...right, model_dtype: 'float32' }
    expect(await watch.changed(signal)).toBeUndefined()
  })

  it('is told of when a start finds it, also one that fails', async () => {
    const { engine, watch } = watchOver({ ...right, model_sha: 'a' })
    const told: string[] = []
    watch.onOtherModel((reason) => told.push(reason))
    await watch.check(signal)
    engine.body = { ...right, model_id: 'other', model_sha: 'b' }
    await expect(watch.check(signal)).rejects.toThrow(/serves "other"/)
    expect(told).toHaveLength(1)
    engine.body = { ...right, model_sha: 'b' }
    await watch.check(signal)
    await watch.check(signal)
    expect(told).toHaveLength(2)
  })

  it('is no other model when it only takes fewer texts at once', async () => {
    const { engine, watch } = watchOver(right)
    const told: string[] = []
    watch.onOtherModel((reason) => told.push(reason))
    await watch.check(signal)
    engine.body = { ...right, max_client_batch_size: 16 }
    expect(await watch.changed(signal)).toMatch(/set maxTexts/)
    expect(told).toEqual([])
  })

  it('is what counts from the next start on', async () => {
    const { engine, watch } = watchOver({ ...right, model_sha: 'a' })
    await watch.check(signal)
    engine.body = { ...right, model_sha: 'b' }
    await watch.check(signal)
    expect(await watch.changed(signal)).toBeUndefined()
  })

  it.each([404, 429, 500])(
    'shows nothing with a %i, and nothing where it said nothing at the start',
    async (status) => {
      const { engine, watch } = watchOver(right)
      expect(await watch.changed(signal)).toBeUndefined()
      await watch.check(signal)
      Object.assign(engine, { status, body: {} })
      expect(await watch.changed(signal)).toBeUndefined()
    },
  )
})
