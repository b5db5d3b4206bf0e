import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openTokenizer } from '../../../../../../backends/onnx/worker/tokenizer/tokenizer-library.ts'
import { boundWordPiece } from '../../../../../../backends/onnx/worker/tokenizer/word-piece.ts'
import { tinyTokenizer } from '../../tiny-model.ts'

describe('the bounded WordPiece search', () => {
  it("finds the library's pieces in any word", () => {
    const library = openTokenizer(tinyTokenizer(), {})
    const bounded = openTokenizer(tinyTokenizer(), {})
    boundWordPiece(bounded, tinyTokenizer())
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c', 'x', '😀'), minLength: 1, maxLength: 110 })
    fc.assert(
      fc.property(fc.array(word), (words) => {
        expect(bounded.model.encode(words)).toEqual(library.model.encode(words))
      }),
    )
  })

  it('looks up no more pieces than a vocabulary of short ones can have', () => {
    const tokenizer = openTokenizer(tinyTokenizer(), {})
    boundWordPiece(tokenizer, tinyTokenizer())
    const vocabulary = tokenizer.model.tokens_to_ids as Map<string, number>
    let asked = 0
    const has = vocabulary.has.bind(vocabulary)
    vocabulary.has = (piece) => {
      asked++
      return has(piece)
    }
    expect(tokenizer.model.encode(['x'.repeat(100)])).toEqual(['[UNK]'])
    expect(asked).toBe('[PAD]'.length)
  })

  it('leaves other kinds of vocabulary alone', () => {
    const tokenizer = openTokenizer(tinyTokenizer(), {})
    boundWordPiece(tokenizer, { model: { type: 'BPE' } })
    expect(Object.hasOwn(tokenizer.model, 'encode')).toBe(false)
  })
})
