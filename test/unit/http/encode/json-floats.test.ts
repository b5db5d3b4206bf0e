import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { maxFloatsBytes, writeFloats } from '../../../../gateway/http/encode/json-floats.ts'

const write = (vector: Float32Array, offset = 0): string => {
  const target = new DataView(new ArrayBuffer(offset + maxFloatsBytes(vector.length)))
  const end = writeFloats(vector, target, offset)
  return Buffer.from(target.buffer).toString('latin1', offset, end)
}

const written = (values: readonly number[]): number[] => JSON.parse(write(Float32Array.from(values))) as number[]

describe('writeFloats', () => {
  it('writes 9 decimals', () => {
    expect(write(Float32Array.of(0.5, -0.25, 1))).toBe('[0.500000000,-0.250000000,1.000000000]')
  })

  it('writes an empty list for no floats', () => {
    expect(write(new Float32Array(0))).toBe('[]')
  })

  it('carries into the next digit and into the whole when it rounds', () => {
    expect(written([0.9999999403953552, 0.0009999999, 0.00999999977648258])).toEqual([0.99999994, 0.001, 0.01])
  })

  it('differs by at most 5e-10 from any float below 2, and not at all once it is a float again above 1/64', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ min: -2, max: 2, minExcluded: true, maxExcluded: true, noNaN: true })),
        (values) => {
          for (const [index, back] of written(values).entries()) {
            const value = values[index] ?? Number.NaN
            expect(Math.abs(back - value)).toBeLessThanOrEqual(5e-10 + 1e-15)
            if (Math.abs(value) >= 1 / 64) expect(Math.fround(back)).toBe(value)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })

  it('writes any finite float exactly once it is 2 or more', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ noNaN: true, noDefaultInfinity: true })), (values) => {
        const back = written(values)
        expect(back).toHaveLength(values.length)
        for (const [index, value] of values.entries()) {
          if (Math.abs(value) >= 2) expect(back[index]).toBe(value)
          else expect(Math.abs((back[index] ?? Number.NaN) - value)).toBeLessThanOrEqual(5e-10 + 1e-15)
        }
      }),
      { numRuns: 1000 },
    )
  })

  it.each([2, -2, 1.9999998807907104, -3.4028234663852886e38, 1.401298464324817e-45, 0, -0])('survives %d', (value) => {
    expect(written([value, 0.5])[0]).toBeCloseTo(value, 9)
    expect(written([value, 0.5])[1]).toBe(0.5)
  })

  it('writes nothing before its offset and nothing behind the room it asked for', () => {
    const target = new DataView(new ArrayBuffer(7 + maxFloatsBytes(3)))
    writeFloats(Float32Array.of(-3.4028234663852886e38, -1.5e-38, -1), target, 7)
    expect(new Uint8Array(target.buffer, 0, 7)).toEqual(new Uint8Array(7))
  })

  it('writes a view into the middle of a larger array', () => {
    const all = Float32Array.of(0.1, -0.5, 0.75, 0.2)
    expect(write(all.subarray(1, 3))).toBe('[-0.500000000,0.750000000]')
  })
})
