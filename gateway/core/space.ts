import { createHash } from 'node:crypto'

/** How token vectors become one text vector. */
export type Pooling = 'mean' | 'cls' | 'last' | 'unknown'

/**
 * What makes two vectors comparable. Two backends whose spaces differ in any field are never in one chain.
 * Measurements (parity, precision, speed) are properties of a backend, not of its space.
 */
export interface Space {
  readonly model: string
  /** Identifies the weights: a revision name or a prefix of their checksum. */
  readonly revision: string
  readonly dims: number
  readonly pooling: Pooling
  /** Whether every vector has L2 norm 1. */
  readonly normalized: boolean
  /** Tokens read per text, special tokens included; the rest is cut. */
  readonly maxTokens: number
  /** Prefixes by input type, e.g. `{ query: "query: " }`. */
  readonly prompts: Readonly<Record<string, string>>
}

/** Identifies a space: 16 hex digits of the SHA-256 of its fields. */
export type SpaceId = string

/** The id of a space; equal exactly when all fields are equal, whatever the order of the prompts. */
export const spaceId = (space: Space): SpaceId =>
  createHash('sha256')
    .update(JSON.stringify(fieldsOf(space)))
    .digest('hex')
    .slice(0, 16)

/** The space of vectors cut to their first `dims` numbers and re-normalised (Matryoshka models). */
export const cutSpace = (space: Space, dims: number): Space => ({ ...space, dims })

/** The names of the fields in which two spaces differ, for error messages. */
export const spaceDifferences = (a: Space, b: Space): string[] => {
  const others = new Map(fieldsOf(b))
  return fieldsOf(a)
    .filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(others.get(name)))
    .map(([name]) => name)
}

const fieldsOf = (space: Space): [string, unknown][] => [
  ['model', space.model],
  ['revision', space.revision],
  ['dims', space.dims],
  ['pooling', space.pooling],
  ['normalized', space.normalized],
  ['maxTokens', space.maxTokens],
  ['prompts', Object.entries(space.prompts).sort(([a], [b]) => (a < b ? -1 : 1))],
]
