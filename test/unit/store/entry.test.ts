import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { decodeEntry, encodeEntry, entryBytes, keyCheck } from '../../../store/entry.ts'
import type { StoredResult } from '../../../store/store.ts'

const check = keyCheck('key')

const result: StoredResult = {
  vector: Float32Array.of(0.6, -0.8, 0, 0),
  tokens: 5,
  truncated: true,
  parity: Math.fround(0.9991),
  storedAtMs: 1_700_000_000_123,
}

describe('entry', () => {
  it('decodes what it encoded', () => {
    expect(decodeEntry(check, encodeEntry(check, result))).toEqual(result)
  })

  it('has the documented layout', () => {
    const bytes = encodeEntry(check, result)
    const view = new DataView(bytes.buffer)
    expect(bytes).toHaveLength(entryBytes(4))
    expect(view.getUint8(4)).toBe(1)
    expect(view.getUint8(5)).toBe(1)
    expect(view.getUint32(8, true)).toBe(5)
    expect(view.getFloat32(12, true)).toBe(result.parity)
    expect(view.getFloat64(16, true)).toBe(result.storedAtMs)
    expect(view.getUint32(24, true)).toBe(4)
    expect(view.getFloat32(36, true)).toBe(Math.fround(-0.8))
  })

  it('encodes the same into a longer buffer that was used before', () => {
    const used = new Uint8Array(100).fill(255)
    expect(encodeEntry(check, result, used)).toEqual(encodeEntry(check, result))
  })

  it('refuses the bytes under another key', () => {
    expect(decodeEntry(keyCheck('other'), encodeEntry(check, result))).toBeUndefined()
  })

  it('refuses bytes with any one bit flipped', () => {
    const encoded = encodeEntry(check, result)
    fc.assert(
      fc.property(fc.nat(encoded.length * 8 - 1), (bit) => {
        const damaged = encoded.slice()
        const index = bit >> 3
        damaged[index] = (damaged[index] ?? 0) ^ (1 << (bit & 7))
        expect(decodeEntry(check, damaged)).toBeUndefined()
      }),
    )
  })

  it('refuses bytes that were cut short, lengthened, or never written by it', () => {
    const encoded = encodeEntry(check, result)
    for (let length = 0; length < encoded.length; length++) {
      expect(decodeEntry(check, encoded.slice(0, length))).toBeUndefined()
    }
    expect(decodeEntry(check, Buffer.concat([encoded, new Uint8Array(4)]))).toBeUndefined()
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => decodeEntry(check, bytes) === undefined))
  })

  it('decodes from any position of a larger buffer', () => {
    const encoded = encodeEntry(check, result)
    for (let offset = 0; offset < 8; offset++) {
      const buffer = new Uint8Array(encoded.length + 8)
      buffer.set(encoded, offset)
      expect(decodeEntry(check, buffer.subarray(offset, offset + encoded.length))).toEqual(result)
    }
  })
})
