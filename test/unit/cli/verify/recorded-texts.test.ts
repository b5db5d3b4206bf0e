import { describe, expect, it } from 'vitest'
import { tokenRoom } from '../../../../backends/openai/token-room.ts'
import { recordedTexts, tooLongText } from '../../../../gateway/cli/verify/recorded-texts.ts'

describe('the recorded text that is too long', () => {
  it.each([4, 128, 8_192])('is a quarter longer than %i tokens', (maxTokens) => {
    expect(tooLongText(maxTokens).split(' ')).toHaveLength((maxTokens / 4) * 5)
  })

  it('is cut between two words by four bytes a token', () => {
    const cut = tooLongText(256).slice(0, 4 * tokenRoom(256))
    expect(cut.split(' ').slice(0, -1)).toHaveLength(tokenRoom(256))
    expect(cut.endsWith(' ')).toBe(true)
  })

  it('ends with words that do not stand before', () => {
    const words = tooLongText(256).split(' ')
    const beginning = new Set(words.slice(0, 256))
    expect(words.slice(256).some((word) => beginning.has(word))).toBe(false)
  })

  it('is behind the texts of the first probe', () => {
    expect(recordedTexts).toHaveLength(8)
  })
})
