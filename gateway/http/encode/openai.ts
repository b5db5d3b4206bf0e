import type { Frame } from './body.ts'

const opening = (index: number): string => `{"object":"embedding","index":${index},"embedding":`
const first = `{"object":"list","data":[${opening(0)}`

/** What stands before each row but the first, kept for as many rows as one request of OpenAI's may have. */
const kept: Uint8Array[] = []
const maxKept = 2048

const between = (index: number): Uint8Array => {
  const known = kept[index]
  if (known !== undefined) return known
  const bytes = Buffer.from(`},${opening(index)}`, 'latin1')
  if (index < maxKept) kept[index] = bytes
  return bytes
}

/** What stands around the rows of `POST /v1/embeddings`: `index` is the position of the input, `usage` what the model read. */
export const openAiFrame = (model: string, tokens: number): Frame => ({
  head: first,
  between,
  tail: `}],"model":${JSON.stringify(model)},"usage":{"prompt_tokens":${tokens},"total_tokens":${tokens}}}`,
})
