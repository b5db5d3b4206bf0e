import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPrefix } from '../../../../../../backends/onnx/worker/tokenizer/prefix.ts'

/** One token per word; longer words than 100 letters are one token, as in WordPiece, others one per letter. */
const tokenize = (text: string): number[] =>
  text.split(/\s+/).flatMap((word) => (word.length > 100 ? [0] : Array.from(word, (letter) => letter.charCodeAt(0))))

const counting = () => {
  const lengths: number[] = []
  return {
    lengths,
    tokenize: (text: string) => {
      lengths.push(text.length)
      return tokenize(text)
    },
  }
}

describe('reading a prefix', () => {
  it('gives the first tokens of the whole text, for any text', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 130 })
    const blank = fc.string({ unit: fc.constantFrom(' ', '\n', '\t'), minLength: 1, maxLength: 300 })
    const texts = fc.array(fc.tuple(word, blank), { maxLength: 100 }).map((parts) => parts.flat().join(''))
    fc.assert(
      fc.property(texts, fc.integer({ min: 1, max: 40 }), fc.boolean(), (text, limit, skipsWhitespace) => {
        const whole = tokenize(text)
        const { ids, truncated } = readPrefix(text, limit, skipsWhitespace, tokenize)
        expect(ids).toEqual(whole.slice(0, limit))
        expect(truncated).toBe(whole.length > limit)
      }),
    )
  })

  it('reads little of a long text', () => {
    const { lengths, tokenize: count } = counting()
    expect(readPrefix('hello '.repeat(1_000_000), 256, true, count).truncated).toBe(true)
    expect(lengths).toEqual([2_048])
  })

  it('reads on where a text has few tokens, as far as its own density says', () => {
    const { lengths, tokenize: count } = counting()
    readPrefix(`${'x'.repeat(101)} `.repeat(10_000), 100, true, count)
    expect(lengths.length).toBeLessThanOrEqual(3)
  })

  it('never reads more than 32 768 characters, and says that it cut', () => {
    const { lengths, tokenize: count } = counting()
    expect(readPrefix('x'.repeat(4_000_000), 256, true, count)).toEqual({ ids: [0], truncated: true })
    expect(Math.max(...lengths)).toBe(32_768)
  })

  it('reads further for models that read more', () => {
    const { lengths, tokenize: count } = counting()
    readPrefix('x'.repeat(4_000_000), 8_192, true, count)
    expect(Math.max(...lengths)).toBe(131_072)
  })

  it('does not count blanks where they are never tokens', () => {
    const text = `${' '.repeat(1_000_000)}a${'\n'.repeat(1_000_000)}b`
    const words = (part: string): number[] => tokenize(part.trim())
    expect(readPrefix(text, 256, true, words)).toEqual({ ids: [97, 98], truncated: false })
    expect(readPrefix(text, 256, false, words)).toEqual({ ids: [], truncated: true })
  })

  it('shortens towers of combining marks, which take quadratic time', () => {
    const { lengths, tokenize: count } = counting()
    readPrefix(`a${'\u0301'.repeat(4_000)}`, 256, true, count)
    expect(Math.max(...lengths)).toBe(33)
  })

  it('does not cut a character in two', () => {
    const seen: string[] = []
    readPrefix(`a${'😀'.repeat(5_000)}`, 1, true, (part) => {
      seen.push(part)
      return []
    })
    expect(seen.every((part) => part.isWellFormed())).toBe(true)
  })
})
