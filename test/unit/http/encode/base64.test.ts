import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { base64Of } from '../../../../gateway/http/encode/base64.ts'

const read = (text: string): Float32Array => {
  const data = Buffer.from(text, 'base64')
  return Float32Array.from({ length: data.length / 4 }, (_, index) => data.readFloatLE(index * 4))
}

describe('base64Of', () => {
  it('[wrong-vector 2] holds the float32 little-endian bytes, bit for bit', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true }), (vector) => {
        expect(read(base64Of(vector))).toEqual(vector)
      }),
    )
  })

  it('reads only its own row of a larger array', () => {
    const all = Float32Array.of(1, 2, 3, 4)
    expect(read(base64Of(all.subarray(2, 4)))).toEqual(Float32Array.of(3, 4))
  })
})
