import { describe, expect, it } from 'vitest'
import { checkInfo } from '../../../../backends/tei/info.ts'
import { systemClock } from '../../../../gateway/core/clock.ts'

const entry = { model: 'BAAI/bge', maxTexts: 32, maxTokens: 512 }
const right = { model_id: 'BAAI/bge', max_client_batch_size: 32, max_input_length: 512, model_type: { embedding: {} } }

const check = (body: unknown, status = 200, options: { model?: string } & typeof entry = entry): Promise<void> => {
  const answer = { status, headers: {}, body: Buffer.from(JSON.stringify(body)) }
  const exchange = { send: async () => answer, statusOf: async () => 200, close: async () => {} }
  return checkInfo(options, exchange, systemClock, new AbortController().signal)
}

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
