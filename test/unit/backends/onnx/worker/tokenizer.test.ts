import { describe, expect, it } from 'vitest'
import { join } from 'node:path'
import { loadTokenizer } from '../../../../../backends/onnx/worker/tokenizer.ts'
import { temporaryFolder, tinyTokenizer, writeFiles } from '../tiny-model.ts'

const load = (file: object, maxTokens: number) =>
  loadTokenizer({ path: join(writeFiles(temporaryFolder(), { 'tokenizer.json': file }), 'tokenizer.json') }, maxTokens)

const encoded = (tokenizer: ReturnType<typeof load>, text: string) => {
  const { ids, truncated } = tokenizer.encode(text)
  return [[...ids], truncated]
}

describe('the tokenizer', () => {
  it('cuts the content and keeps the special tokens around it', () => {
    const tokenizer = load(tinyTokenizer(), 5)
    expect(encoded(tokenizer, 'a b c')).toEqual([[2, 4, 5, 6, 3], false])
    expect(encoded(tokenizer, 'a b c a')).toEqual([[2, 4, 5, 6, 3], true])
  })

  it('cuts within a word', () => {
    expect(encoded(load(tinyTokenizer(), 4), 'abcc')).toEqual([[2, 11, 9, 3], true])
  })

  it('keeps an only first, or an only last, or no special token', () => {
    expect(encoded(load(tinyTokenizer(['[CLS]'], []), 3), 'a b c')).toEqual([[2, 4, 5], true])
    expect(encoded(load(tinyTokenizer([], ['[SEP]']), 3), 'a b c')).toEqual([[4, 5, 3], true])
    expect(encoded(load(tinyTokenizer([], []), 3), 'a b c')).toEqual([[4, 5, 6], false])
  })

  it('keeps several special tokens at one end', () => {
    expect(encoded(load(tinyTokenizer(['[CLS]', '[UNK]'], ['[SEP]']), 4), 'a b')).toEqual([[2, 1, 4, 3], true])
  })

  it('reads a blank text as its special tokens, or as padding where there are none', () => {
    expect(encoded(load(tinyTokenizer(), 8), ' \n ')).toEqual([[2, 3], false])
    expect(encoded(load(tinyTokenizer([], []), 8), ' ')).toEqual([[0], false])
  })

  it('does not obey truncation and padding in the file', () => {
    const file = {
      ...tinyTokenizer(),
      truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0 },
      padding: { strategy: { Fixed: 128 }, pad_id: 7 },
    }
    const tokenizer = load(file, 8)
    expect(encoded(tokenizer, 'a b c')).toEqual([[2, 4, 5, 6, 3], false])
    expect(tokenizer.padId).toBe(7)
  })

  it('pads with the token that is called so', () => {
    const padded = { ...tinyTokenizer(), added_tokens: [{ id: 9, content: '<pad>' }] }
    expect([load(tinyTokenizer(), 8).padId, load(padded, 8).padId]).toEqual([0, 9])
  })

  it('is refused when it is not one, or leaves no room for a text', () => {
    const corrupt = (message: string) =>
      expect.objectContaining({ code: 'EG_MODEL_CORRUPT', message: expect.stringContaining(message) })
    expect(() => load({ model: {} }, 8)).toThrow(corrupt('is not a tokenizer'))
    expect(() => load(tinyTokenizer(), 2)).toThrow(corrupt('leaves no room for a text in 2 tokens'))
  })
})
