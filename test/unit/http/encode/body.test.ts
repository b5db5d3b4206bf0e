import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EncodingFormat, EncodingMemo } from '../../../../gateway/core/embeddings.ts'
import { bareRows, encodeBody } from '../../../../gateway/http/encode/body.ts'
import { openAiFrame } from '../../../../gateway/http/encode/openai.ts'
import { encodeRow } from '../../../../gateway/http/encode/row.ts'
import { embeddingsFor, vectorFor } from '../gateway.ts'

const memo = (): EncodingMemo & { readonly kept: Map<EncodingFormat, Uint8Array> } => {
  const kept = new Map<EncodingFormat, Uint8Array>()
  return { kept, get: (format) => kept.get(format), set: (format, bytes) => void kept.set(format, bytes) }
}

/** Larger than asked for, and full of what another answer left in it. */
const take = (bytes: number): Buffer => Buffer.alloc(bytes + 100, 'x')

describe('encodeBody', () => {
  it('writes a small answer as text, and a large one into the memory that is given, no longer than it is', () => {
    const frame = openAiFrame('m', 7)
    expect(encodeBody(embeddingsFor(['a']), 'float', frame, take)).toBeTypeOf('string')
    const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`)
    const memory = take(100_000)
    const body = encodeBody(embeddingsFor(texts), 'float', frame, () => memory) as Buffer
    expect(body.buffer).toBe(memory.buffer)
    expect(JSON.parse(body.toString())).toMatchObject({ data: { length: 100 } })
  })

  it('counts bytes, not characters, of what stands around the rows', () => {
    const body = encodeBody(
      embeddingsFor(['a']),
      'base64',
      {
        head: '{"name":"\u00e9\u{1f600}","rows":[',
        ...bareRows,
        tail: '],"end":"\u00fc"}',
      },
      take,
    )
    expect(JSON.parse(body.toString())).toMatchObject({ name: '\u00e9\u{1f600}', end: '\u00fc' })
  })

  it('leaves no uninitialised byte, whatever the number of rows, the encoding, and how many come from the store', () => {
    const text = fc.record({ text: fc.string({ minLength: 1 }), isStored: fc.boolean() })
    const format = fc.constantFrom<EncodingFormat>('float', 'base64')
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 40 }), format, (given, encoding) => {
        const texts = given.map((each) => each.text)
        const memos = given.map(({ isStored }) => (isStored ? memo() : undefined))
        // The second time, stored rows come from their memos.
        for (let time = 0; time < 2; time++) {
          const embeddings = embeddingsFor(texts, { memos })
          const body = encodeBody(embeddings, encoding, openAiFrame('m\u00f6del "x"', 7), take)
          const answer = JSON.parse(body.toString()) as { data: { index: number; embedding: Encoded }[]; model: string }
          expect(answer.model).toBe('m\u00f6del "x"')
          expect(answer.data.map(({ index }) => index)).toEqual(texts.map((_, index) => index))
          for (const [index, each] of texts.entries())
            expect(firstOf(answer.data[index]?.embedding)).toBeCloseTo(vectorFor(each)[0] ?? 0, 8)
        }
      }),
      { numRuns: 50 },
    )
  })
})

type Encoded = number[] | string

const firstOf = (embedding: Encoded = []): number =>
  typeof embedding === 'string' ? Buffer.from(embedding, 'base64').readFloatLE(0) : Math.fround(embedding[0] ?? 0)

describe('encodeRow', () => {
  it('encodes a stored row once and copies it afterwards', () => {
    const kept = memo()
    const embeddings = embeddingsFor(['a'], { memos: [kept] })
    const first = encodeRow(embeddings, 0, 'float')
    expect(kept.kept.get('float')).toBe(first)
    expect(encodeRow(embeddings, 0, 'float')).toBe(first)
  })

  it('gives bytes that later rows do not overwrite', () => {
    const embeddings = embeddingsFor(['a', 'b'])
    const first = Buffer.from(encodeRow(embeddings, 0, 'float')).toString()
    const bytes = encodeRow(embeddings, 0, 'float')
    encodeRow(embeddings, 1, 'float')
    expect(Buffer.from(bytes).toString()).toBe(first)
  })

  it('leaves rows without a memo alone', () => {
    const embeddings = embeddingsFor(['a', 'b'], { memos: [undefined, memo()] })
    expect(JSON.parse(Buffer.from(encodeRow(embeddings, 0, 'float')).toString())).toHaveLength(8)
  })
})
