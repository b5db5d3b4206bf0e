import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { syntheticVector } from '../../../../backends/synthetic/vector.ts'

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0)

describe('synthetic vector', () => {
  it('is of unit length and the same for the same text', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 512 }), (text, dims) => {
        const vector = syntheticVector(text, dims)
        expect(vector).toHaveLength(dims)
        expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
        expect(syntheticVector(text, dims)).toEqual(vector)
      }),
    )
  })

  it('is unrelated for different texts', () => {
    const vectors = Array.from({ length: 100 }, (_, text) => syntheticVector(`text ${text}`, 384))
    const cosines = vectors.flatMap((a, index) => vectors.slice(0, index).map((b) => Math.abs(cosine(a, b))))
    expect(Math.max(...cosines)).toBeLessThan(0.3)
  })

  it('is the same on every machine', () => {
    expect([...syntheticVector('hello', 4)].map((value) => value.toFixed(4))).toMatchInlineSnapshot(`
      [
        "0.5547",
        "0.3132",
        "-0.7430",
        "-0.2055",
      ]
    `)
  })
})
