import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertGolden, baseURL, goldens } from './golden.mjs'

const model = 'all-MiniLM-L6-v2'
const input = goldens.map(({ text }) => text)
const tokens = goldens.reduce((sum, golden) => sum + golden.tokens, 0)

for (const major of ['openai-4', 'openai-5', 'openai-6']) {
  describe(major, async () => {
    const { default: OpenAI } = await import(major)
    const client = new OpenAI({ baseURL, apiKey: 'none' })

    for (const encoding_format of [undefined, 'float', 'base64']) {
      it(`reads reference vectors when it asks for ${encoding_format ?? 'nothing'}`, async () => {
        const answer = await client.embeddings.create({ model, input, ...(encoding_format && { encoding_format }) })
        assert.equal(answer.object, 'list')
        assert.equal(answer.model, model)
        assert.deepEqual(answer.usage, { prompt_tokens: tokens, total_tokens: tokens })
        answer.data.forEach(({ embedding, index }, row) => {
          assert.equal(index, row)
          const vector =
            typeof embedding === 'string'
              ? new Float32Array(Uint8Array.from(Buffer.from(embedding, 'base64')).buffer)
              : embedding
          assertGolden(vector, row)
        })
      })
    }

    it('takes a single string', async () => {
      const answer = await client.embeddings.create({ model, input: input[0] })
      assert.equal(answer.data.length, 1)
      assertGolden(answer.data[0].embedding, 0)
    })

    it('surfaces the code, the message and the request id of an error', async () => {
      const failure = await client.embeddings.create({ model: 'no-such-model', input }).catch((error) => error)
      assert.equal(failure.status, 404)
      assert.equal(failure.code, 'EG_MODEL_UNKNOWN')
      assert.match(failure.message, /no-such-model/)
      assert.ok(failure.headers['x-request-id'] ?? failure.headers.get('x-request-id'))
    })

    it('lists the served models', async () => {
      const ids = []
      for await (const each of client.models.list()) ids.push(each.id)
      assert.ok(ids.includes(model))
    })
  })
}
