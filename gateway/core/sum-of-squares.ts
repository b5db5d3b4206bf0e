/**
 * The sum of squares of the numbers from `start` to `end`, without `end`; both within `vectors`. NaN and infinities anywhere
 * show in it.
 *
 * Four sums side by side, because one would wait for each addition before the next.
 */
export const sumOfSquares = (vectors: Float32Array, start: number, end: number): number => {
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let index = start
  for (; index + 3 < end; index += 4) {
    const p = vectors[index] as number
    const q = vectors[index + 1] as number
    const r = vectors[index + 2] as number
    const s = vectors[index + 3] as number
    a += p * p
    b += q * q
    c += r * r
    d += s * s
  }
  for (; index < end; index++) a += (vectors[index] as number) ** 2
  return a + b + c + d
}
