/** Digits after the point. The written value differs from the float by at most 5e-10. */
const decimals = 1e9
/** Below this a value times `decimals` fits 32 bits; unit vectors never reach it. */
const fastLimit = 2
/** `String` of a double never has more characters than this, sign and exponent included; one more for the comma. */
const maxFloatBytes = 26
const comma = 0x2c
const openBracket = 0x5b
const closeBracket = 0x5d
const minus = 0x2d

/**
 * The three digits of 0..999 followed by a comma, as one little-endian word. Each group is written over the comma of the
 * group before it, so that four stores write a whole number and its separator.
 */
const digitGroups = Uint32Array.from({ length: 1000 }, (_, value) => {
  const digit = (divisor: number): number => 0x30 + (Math.floor(value / divisor) % 10)
  return (digit(100) | (digit(10) << 8) | (digit(1) << 16) | (comma << 24)) >>> 0
})
/** `0.` as one little-endian half word; one more is `1.`. */
const zeroPoint = 0x2e30

/** The most bytes that `writeFloats` writes for `count` floats. */
export const maxFloatsBytes = (count: number): number => count * maxFloatBytes + 2

/**
 * Writes `vector` as a JSON array of numbers with 9 decimals at `offset`, and returns the offset behind it. `target` must
 * have room for `maxFloatsBytes(vector.length)` bytes. Values of 2 and more, which unit vectors do not have, are written
 * in full. All values must be finite: the chain lets no others through.
 */
export const writeFloats = (vector: Float32Array, target: DataView, offset: number): number => {
  const bits = new Int32Array(vector.buffer, vector.byteOffset, vector.length)
  let at = offset
  target.setUint8(at++, openBracket)
  for (let index = 0; index < bits.length; index++) {
    const value = vector[index] ?? 0
    const magnitude = Math.abs(value)
    if (magnitude >= fastLimit) {
      at = writeInFull(value, target, at)
      continue
    }
    // The sign is written always and kept or overwritten without a branch: half of all branches would be mispredicted.
    target.setUint8(at, minus)
    at += (bits[index] ?? 0) >>> 31
    const scaled = (magnitude * decimals + 0.5) | 0
    const millions = (scaled / 1_000_000) | 0
    const whole = millions >= 1000 ? 1 : 0
    const thousands = (scaled / 1000) | 0
    target.setUint16(at, zeroPoint + whole, true)
    target.setUint32(at + 2, digitGroups[millions - whole * 1000] ?? 0, true)
    target.setUint32(at + 5, digitGroups[thousands - millions * 1000] ?? 0, true)
    target.setUint32(at + 8, digitGroups[scaled - thousands * 1000] ?? 0, true)
    at += 12
  }
  if (bits.length === 0) at++
  target.setUint8(at - 1, closeBracket)
  return at
}

const writeInFull = (value: number, target: DataView, offset: number): number => {
  const text = String(value)
  for (let index = 0; index < text.length; index++) target.setUint8(offset + index, text.charCodeAt(index))
  target.setUint8(offset + text.length, comma)
  return offset + text.length + 1
}
