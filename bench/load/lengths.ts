import { random } from './random.ts'

/** Tokens of the shortest text: four words that make it unique, and two special tokens. */
const shortestTokens = 6
/** What the model reads at most. */
const longestTokens = 256
/** Cards in the deck: any so many texts in a row have exactly the mean. */
const deckSize = 512

/**
 * Text lengths in tokens like those of real passages: log-normal with a sigma of 1 (half of them are under 27 tokens, one
 * in twenty over 130), cut to 6..256 and scaled to a mean of 42. The deck is made once and dealt in order, so that runs of
 * different speed meet the same mixture. It is the same for every seed; only the words differ.
 */
export const realLengths = (): readonly number[] => {
  const next = random(42)
  const shapes = Array.from({ length: deckSize }, () => Math.exp(normal(next)))
  let scale = 20
  for (let step = 0; step < 20; step++) scale *= 42 / mean(shapes.map((shape) => lengthOf(shape * scale)))
  return shapes.map((shape) => lengthOf(shape * scale))
}

const lengthOf = (value: number): number => Math.min(longestTokens, Math.max(shortestTokens, Math.round(value)))

/** Box-Muller. */
const normal = (next: () => number): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
