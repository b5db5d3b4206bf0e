import { describe, expect, it } from 'vitest'
import { fitsSurely, tokenRoom } from '../../../../backends/openai/token-room.ts'

describe('the room for a text', () => {
  it('is what an engine reads less what it adds, and never nothing', () => {
    expect([512, 5, 4, 1].map(tokenRoom)).toEqual([508, 1, 1, 1])
  })

  it('is surely enough for a text that has no more bytes', () => {
    expect(['x'.repeat(8), 'x'.repeat(9), 'öö€x', 'öö€€'].map((text) => fitsSurely(text, 12))).toEqual([
      true,
      false,
      true,
      false,
    ])
  })
})
