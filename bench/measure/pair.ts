import { summarize, type Summary } from './statistics.ts'

/** Two things measured in turns. */
export interface Pair {
  readonly a: Summary
  readonly b: Summary
  /** a / b, round by round: what the machine does to one round it does to both halves of it. */
  readonly ratio: Summary
}

/** One measurement of round `round` (0, 1, ...). Rounds of both sides with the same number get the same input. */
export type Measure<T = number> = (round: number) => T | Promise<T>

/**
 * Measures two things interleaved, A B A B ..., so that other load on the machine, its clock and its temperature meet
 * both alike.
 */
export const pair = async (rounds: number, a: Measure, b: Measure): Promise<Pair> => {
  const [first, second] = await interleave(rounds, [a, b])
  const as = first ?? []
  const bs = second ?? []
  return { a: summarize(as), b: summarize(bs), ratio: summarize(as.map((value, round) => value / (bs[round] ?? NaN))) }
}

/** Measures any number of things in turns; returns the values of each, by round. */
export const interleave = async <T>(rounds: number, measures: readonly Measure<T>[]): Promise<T[][]> => {
  const values: T[][] = measures.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [index, measure] of measures.entries()) values[index]?.push(await measure(round))
  }
  return values
}
