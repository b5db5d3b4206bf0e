import { describe, expect, it } from 'vitest'
import { toUnitRows } from '../../../../backends/remote/unit-rows.ts'

const unit = (...numbers: number[]): number[] => {
  const vectors = Float32Array.from(numbers)
  toUnitRows(vectors, 2)
  return [...vectors]
}

describe('rows brought to length 1', () => {
  it('have length 1, each by itself', () => {
    const [a = 0, b = 0, c = 0, d = 0] = unit(3, 4, 0.003, 0.004)
    expect([a, b, c, d].map((each) => each.toFixed(6))).toEqual(['0.600000', '0.800000', '0.600000', '0.800000'])
  })

  it('stay as they are, to the bit, when they have it already', () => {
    const rows = [...Float32Array.of(0.6, 0.8, Math.SQRT1_2, -Math.SQRT1_2)]
    expect(unit(...rows)).toEqual(rows)
  })

  it.each([
    [0, 0],
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
  ])('are left as they are when they have no direction: %j', (...row) => {
    expect(unit(...row)).toEqual(row)
  })
})
