import { describe, expect, it } from 'vitest'
import { cutTo } from '../../../../gateway/http/encode/cut.ts'
import { embeddingsFor, vectorFor } from '../gateway.ts'

describe('cutTo', () => {
  it('keeps the first numbers of each row and brings it back to length 1', () => {
    const cut = cutTo(embeddingsFor(['a', 'b']), 4, true)
    expect(cut.dims).toBe(4)
    expect(cut.vectors).toHaveLength(8)
    expect(Math.hypot(...cut.vectors.subarray(4, 8))).toBeCloseTo(1, 6)
  })

  it('leaves the length alone in a space whose vectors have none', () => {
    const cut = cutTo(embeddingsFor(['a']), 2, false)
    expect(cut.vectors).toEqual(vectorFor('a').subarray(0, 2))
  })

  it('leaves a row of zeros as it is, not as NaN', () => {
    const cut = cutTo(embeddingsFor(['a'], { vectors: new Float32Array(8) }), 2, true)
    expect(cut.vectors).toEqual(new Float32Array(2))
  })

  it('leaves the stored rows themselves untouched', () => {
    const whole = embeddingsFor(['a'])
    cutTo(whole, 4, true).vectors.fill(9)
    expect(whole.vectors).toEqual(vectorFor('a'))
  })
})
