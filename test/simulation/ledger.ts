import type { References } from '../../gateway/core/model.ts'
import { hashOf } from './random.ts'
import { seededRandom } from '../../backends/synthetic/random.ts'

/** What was computed, by whom, and for whom: one row of one call. */
export interface Computation {
  readonly text: string
  readonly tenant: string
  /** Of the space it was computed in. */
  readonly space: string
  readonly backend: string
  readonly replica: number
  /** When its call began. */
  readonly atMs: number
  /** When its engine let go of it. */
  doneMs?: number
  /** When it was stored last. */
  storedMs?: number
  /** The vector is one that only a parity probe could tell from the right one. */
  readonly isWrong: boolean
}

/** Every row that simulated engines have computed, each found again by the number that its vector carries. */
export interface Ledger {
  /** Writes a computation down, and the vector of `read` with its number into row `row` of `vectors`. */
  write(vectors: Float32Array, row: number, read: string, computation: Computation): void
  /** The engine answers with these vectors now. */
  finish(vectors: Float32Array, nowMs: number): void
  /** Whose vector this is; undefined when no engine has made it. */
  find(vector: Float32Array): Computation | undefined
  /** Whether a vector is that of `text` in `space`, to the last bit. */
  isOf(vector: Float32Array, text: string, space: string): boolean
}

/** Width of the vectors: the direction of a text, and one number more. */
export const dims = 8
const numberAt = dims - 1
/** The number of a computation is exact in a float32 up to 16 million, and so small that no norm or cosine shows it. */
const numberScale = 2 ** -34

/** An empty ledger. */
export const ledger = (): Ledger => {
  const computations: Computation[] = []
  const directions = new Map<string, Float32Array>()
  const directionOf = (text: string, space: string): Float32Array => {
    const name = `${space} ${text}`
    let direction = directions.get(name)
    if (direction === undefined) directions.set(name, (direction = unitVector(name)))
    return direction
  }
  const computationOf = (shown = 0): Computation | undefined => computations[shown / numberScale - 1]
  return {
    write: (vectors, row, read, computation) => {
      computations.push(computation)
      vectors.set(directionOf(read, computation.space), row * dims)
      vectors[row * dims + numberAt] = computations.length * numberScale
    },
    finish: (vectors, nowMs) => {
      for (let at = numberAt; at < vectors.length; at += dims) {
        const made = computationOf(vectors[at])
        if (made) made.doneMs = nowMs
      }
    },
    find: (vector) => computationOf(vector[numberAt]),
    isOf: (vector, text, space) => {
      const direction = directionOf(text, space)
      for (let at = 0; at < numberAt; at++) if (vector[at] !== direction[at]) return false
      return true
    },
  }
}

/** Texts with their right vectors: more than the first probe reads. */
export const referencesOf = (space: string): References => {
  const texts = Array.from({ length: 12 }, (_, at) => `golden ${at}`)
  const vectors = new Float32Array(texts.length * dims)
  texts.forEach((text, row) => vectors.set(unitVector(`${space} ${text}`), row * dims))
  return { texts, vectors, dims }
}

/** Of the first numbers of a vector; the last one is 0. */
const unitVector = (name: string): Float32Array => {
  const random = seededRandom(hashOf(name))
  const vector = new Float32Array(dims)
  let squares = 0
  for (let at = 0; at < numberAt; at++) {
    const value = random() - 0.5
    vector[at] = value
    squares += value * value
  }
  const scale = 1 / Math.sqrt(squares)
  return vector.map((value) => value * scale)
}
