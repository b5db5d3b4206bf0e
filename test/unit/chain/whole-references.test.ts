import { describe, expect, it } from 'vitest'
import { wholeReferences } from '../../../gateway/chain/whole-references.ts'

const references = { texts: ['a', 'long', 'b'], vectors: Float32Array.of(1, 2, 3, 4, 5, 6), dims: 2 }

describe('references of texts that are read whole', () => {
  it('are all, where none is marked as cut', () => {
    expect(wholeReferences(references)).toEqual(references)
  })

  it('keep their vectors when another is left out', () => {
    const whole = wholeReferences({ ...references, truncated: [false, true, false] })
    expect(whole).toEqual({ texts: ['a', 'b'], vectors: Float32Array.of(1, 2, 5, 6), dims: 2 })
  })

  it('may be none', () => {
    expect(wholeReferences({ ...references, truncated: [true, true, true] })).toBeUndefined()
  })
})
