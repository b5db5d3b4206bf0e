import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRows, encodeRows } from '../../../../backends/onnx/rows.ts'

const rows = {
  vectors: Float32Array.of(0.5, -1, 2, 3, 4, 5),
  dims: 2,
  tokens: Uint32Array.of(3, 70_000, 256),
  truncated: Uint8Array.of(0, 0, 1),
}

describe('rows', () => {
  it('come back as they were, for any number and width', () => {
    fc.assert(
      fc.property(fc.nat(9), fc.nat(5), fc.infiniteStream(fc.float()), fc.nat(3), (count, dims, floats, offset) => {
        const numbers = floats[Symbol.iterator]()
        const next = (): number => numbers.next().value ?? 0
        const given = {
          vectors: Float32Array.from({ length: count * dims }, next),
          dims,
          tokens: Uint32Array.from({ length: count }, (_, row) => row * 1_000_003),
          truncated: Uint8Array.from({ length: count }, (_, row) => row % 2),
        }
        const bytes = encodeRows(given)
        const moved = new Uint8Array(bytes.byteLength + offset).subarray(offset)
        moved.set(bytes)
        expect(decodeRows(moved)).toEqual(given)
      }),
    )
  })

  it('are read in place where they start at a multiple of four', () => {
    const bytes = encodeRows(rows)
    expect(decodeRows(bytes).vectors.buffer).toBe(bytes.buffer)
  })

  it('are copied once where they do not', () => {
    // A socket gives buffers, whose `slice` is no copy.
    for (const around of [new Uint8Array(200), Buffer.alloc(200)]) {
      const bytes = around.subarray(1, 1 + encodeRows(rows).byteLength)
      bytes.set(encodeRows(rows))
      const decoded = decodeRows(bytes)
      expect(decoded).toEqual(rows)
      expect(decoded.vectors.buffer).not.toBe(bytes.buffer)
    }
  })

  it('are refused when bytes are missing or left over', () => {
    const bytes = encodeRows(rows)
    expect(() => decodeRows(bytes.subarray(0, -4))).toThrow('3 rows of 2 numbers has 48 bytes, but 44 arrived')
    expect(() => decodeRows(Uint8Array.of(...bytes, 0))).toThrow('but 49 arrived')
    expect(() => decodeRows(bytes.subarray(0, 7))).toThrow('has no header')
  })

  it('are refused when the header claims more than any memory holds', () => {
    const header = new Uint8Array(Uint32Array.of(0xffff_ffff, 0xffff_ffff).buffer)
    expect(() => decodeRows(header)).toThrow('but 8 arrived')
  })
})
