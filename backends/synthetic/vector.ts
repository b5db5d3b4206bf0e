import { createHash } from 'node:crypto'

/**
 * The vector that stands for a text: `dims` float32 numbers of L2 norm 1 from a generator seeded with the text's SHA-256.
 * Equal for equal texts, on every machine; unrelated for different ones.
 */
export const syntheticVector = (text: string, dims: number): Float32Array => {
  const random = generatorOf(text)
  const vector = new Float32Array(dims)
  let squares = 0
  for (let index = 0; index < dims; index++) {
    const value = random()
    vector[index] = value
    squares += value * value
  }
  const scale = 1 / Math.sqrt(squares)
  return vector.map((value) => value * scale)
}

/** xoshiro128 (Blackman and Vigna), as numbers in (-1, 1), never 0: its state is the first 128 bits of the hash. */
const generatorOf = (text: string): (() => number) => {
  const digest = createHash('sha256').update(text).digest()
  let [a, b, c, d] = [0, 4, 8, 12].map((at) => digest.readInt32LE(at)) as [number, number, number, number]
  return () => {
    const sum = (a + d) | 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return (sum + 0.5) / 0x8000_0000
  }
}
