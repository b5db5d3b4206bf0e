/** The cosine of two vectors; NaN when one has no direction. */
export const cosine = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  let [dot, squaresA, squaresB] = [0, 0, 0]
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? 0, b[index] ?? 0]
    dot += x * y
    squaresA += x * x
    squaresB += y * y
  }
  return dot / Math.sqrt(squaresA * squaresB)
}

/** The cosine of every text with every other, as rows of a table with numbers 1, 2, ... for the texts. */
export const similarityRows = (vectors: readonly ArrayLike<number>[]): string[][] => [
  ['', ...vectors.map((_, index) => String(index + 1).padStart(6))],
  ...vectors.map((a, row) => [String(row + 1), ...vectors.map((b) => cosine(a, b).toFixed(3).padStart(6))]),
]
