import { assert, integer, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { prefixOfBytes } from '../../../../backends/openai/prefix.ts'

describe('the beginning of a text', () => {
  it('has at most so many bytes, is well formed, and is the longest such beginning', () => {
    assert(
      property(string({ unit: 'binary', maxLength: 60 }), integer({ min: 0, max: 120 }), (text, bytes) => {
        const beginning = prefixOfBytes(text, bytes)
        expect(Buffer.byteLength(beginning)).toBeLessThanOrEqual(bytes)
        expect(text.startsWith(beginning)).toBe(true)
        expect(beginning.isWellFormed()).toBe(true)
        const next = String.fromCodePoint(text.codePointAt(beginning.length) ?? 0)
        if (beginning !== text) expect(Buffer.byteLength(beginning + next)).toBeGreaterThan(bytes)
      }),
    )
  })

  it('keeps a byte order mark', () => {
    expect(prefixOfBytes(`\uFEFF${'x'.repeat(50)}`, 10)).toBe('\uFEFFxxxxxxx')
  })
})
