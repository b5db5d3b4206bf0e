import { describe, expect, it } from 'vitest'
import { rowsOf, tokensOf } from '../../../../backends/openai/rows.ts'

const base64 = (...numbers: number[]): string => Buffer.from(Float32Array.from(numbers).buffer).toString('base64')
const item = (index: unknown, embedding: unknown): object => ({ object: 'embedding', index, embedding })
const rows = (...data: unknown[]): number[] => [...rowsOf({ data }, 2, 3)]

describe('the rows of an OpenAI answer', () => {
  it('stand where their index says, as floats or base64, mixed even', () => {
    expect(rows(item(1, [4, 5, 6]), item(0, base64(1, 2, 3)))).toEqual([1, 2, 3, 4, 5, 6])
  })

  it('may have base64 without its padding', () => {
    expect([...rowsOf({ data: [item(0, base64(1, 2).replace(/=+$/, ''))] }, 1, 2)]).toEqual([1, 2])
  })

  it.each([
    ['an index twice', [item(0, [1, 2, 3]), item(0, [1, 2, 3])], 'protocol'],
    ['an index beyond the last', [item(0, [1, 2, 3]), item(2, [1, 2, 3])], 'protocol'],
    ['a negative index', [item(-1, [1, 2, 3]), item(0, [1, 2, 3])], 'protocol'],
    ['no index', [item(undefined, [1, 2, 3]), item(0, [1, 2, 3])], 'protocol'],
    ['an index in words', [item('1', [1, 2, 3]), item(0, [1, 2, 3])], 'protocol'],
    ['null for a row', [null, item(0, [1, 2, 3])], 'protocol'],
    ['null for a number', [item(1, [1, null, 3]), item(0, [1, 2, 3])], 'protocol'],
    ['words for numbers', [item(1, ['1', '2', '3']), item(0, [1, 2, 3])], 'protocol'],
    ['a row too few', [item(0, [1, 2, 3])], 'invalid_rows'],
    ['a row too many', [item(0, [1, 2, 3]), item(1, [1, 2, 3]), item(1, [1, 2, 3])], 'invalid_rows'],
    ['a narrow row', [item(0, [1, 2]), item(1, [1, 2, 3])], 'invalid_rows'],
    ['a wide row', [item(0, [1, 2, 3, 4]), item(1, [1, 2, 3])], 'invalid_rows'],
    ['narrow base64', [item(0, base64(1, 2)), item(1, [1, 2, 3])], 'invalid_rows'],
    ['wide base64', [item(0, base64(1, 2, 3, 4)), item(1, [1, 2, 3])], 'invalid_rows'],
    ['base64 of the right length that is none', [item(0, '!'.repeat(16)), item(1, [1, 2, 3])], 'invalid_rows'],
    ['an empty text', [item(0, ''), item(1, [1, 2, 3])], 'invalid_rows'],
  ])('are refused with %s', (_, data, fault) => {
    expect(() => rows(...data)).toThrow(expect.objectContaining({ fault }))
  })

  it.each([undefined, null, 5, 'text', [], {}, { data: null }, { data: {} }])('are refused in %j', (body) => {
    expect(() => rowsOf(body, 1, 3)).toThrow(expect.objectContaining({ fault: 'protocol' }))
  })

  it('come with the sum of their tokens, where it is told', () => {
    expect(tokensOf({ usage: { prompt_tokens: 7 } })).toBe(7)
    expect([{}, null, { usage: null }, { usage: { prompt_tokens: '7' } }].map(tokensOf)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
