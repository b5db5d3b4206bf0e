import { seededRandom } from '../../backends/synthetic/random.ts'

/** Chance that is the same for the same seed. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
  /** Uniform in [from, to). */
  between(from: number, to: number): number
  /** A whole number from `from` to `to`, both included. */
  integer(from: number, to: number): number
  chance(share: number): boolean
  pick<T>(list: readonly [T, ...T[]]): T
  /** Exponential: the gaps of a Poisson process. */
  gap(mean: number): number
  /** Chance of its own for one subject: what is drawn elsewhere does not change it. */
  of(subject: string): Random
}

/** The chance of a seed. */
export const randomOf = (seed: number): Random => {
  const next = seededRandom(seed)
  const integer = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    between: (from, to) => from + next() * (to - from),
    integer,
    chance: (share) => next() < share,
    pick: (list) => list[integer(0, list.length - 1)] ?? list[0],
    gap: (mean) => -mean * Math.log(1 - next()),
    of: (subject) => randomOf(hashOf(`${seed} ${subject}`)),
  }
}

/** FNV-1a over UTF-16 units: spreads short names well enough to be seeds. */
export const hashOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return hash
}
