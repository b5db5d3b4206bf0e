import { describe, expect, it } from 'vitest'
import { applyNormRule } from '../../../../../../backends/onnx/worker/session/unit-rows.ts'

const apply = (vectors: Float32Array, rule: Parameters<typeof applyNormRule>[2]): number[] => {
  applyNormRule(vectors, 2, rule)
  return [...vectors]
}

describe('rows', () => {
  it('are brought to norm 1, each by itself', () => {
    expect(apply(Float32Array.of(3, 4, 0, -2), 'normalize')).toEqual([Math.fround(0.6), Math.fround(0.8), 0, -1])
  })

  it('are left alone where the space is not normalized', () => {
    expect(apply(Float32Array.of(3, 4), 'any')).toEqual([3, 4])
  })

  it('must have norm 1 where the graph does it', () => {
    expect(apply(Float32Array.of(0.6, 0.8), 'expect_unit')).toEqual([Math.fround(0.6), Math.fround(0.8)])
    expect(() => apply(Float32Array.of(0.6, 0.8, 0.6, 0.9), 'expect_unit')).toThrow('of norm 1.08')
  })

  it.each(['normalize', 'expect_unit', 'any'] as const)('must be finite, under %s', (rule) => {
    expect(() => apply(Float32Array.of(1, 0, Number.NaN, 0), rule)).toThrow('not finite')
    expect(() => apply(Float32Array.of(Number.POSITIVE_INFINITY, 0), rule)).toThrow('not finite')
  })

  it('of zero cannot be normalised', () => {
    expect(() => apply(Float32Array.of(0, 0), 'normalize')).toThrow('no direction')
  })
})
