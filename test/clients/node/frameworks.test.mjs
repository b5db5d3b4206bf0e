import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import { OpenAIEmbeddings } from '@langchain/openai'
import { embed, embedMany } from 'ai'
import { assertGolden, baseURL, goldens } from './golden.mjs'

const model = 'all-MiniLM-L6-v2'
const input = goldens.map(({ text }) => text)

it('@langchain/openai embeds documents and a query', async () => {
  // It strips newlines by default, which would change the texts.
  const embeddings = new OpenAIEmbeddings({ model, apiKey: 'none', stripNewLines: false, configuration: { baseURL } })
  const documents = await embeddings.embedDocuments(input)
  assert.equal(documents.length, input.length)
  documents.forEach(assertGolden)
  assertGolden(await embeddings.embedQuery(input[0]), 0)
})

it('the AI SDK embeds one value and many', async () => {
  const provider = createOpenAICompatible({ name: 'embedgate', baseURL, apiKey: 'none' })
  const { embeddings } = await embedMany({ model: provider.textEmbeddingModel(model), values: input })
  assert.equal(embeddings.length, input.length)
  embeddings.forEach(assertGolden)
  const { embedding, usage } = await embed({ model: provider.textEmbeddingModel(model), value: input[3] })
  assertGolden(embedding, 3)
  assert.equal(usage.tokens, goldens[3].tokens)
})
