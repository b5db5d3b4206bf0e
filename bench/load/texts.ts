import { random } from './random.ts'
import { words } from './words.ts'

/** The texts of one request, and how many tokens they are together. */
export interface RequestTexts {
  readonly texts: readonly string[]
  readonly tokens: number
}

/** Texts of one seed: their numbers are 20 bits wide. */
const textsPerSeed = 2 ** 20
/** Words that spell a text's number, 9 bits each. */
const numberWords = 4

/**
 * An endless supply of requests with texts that are unique over all seeds: every text begins with its own number, spelled
 * in words, and goes on at random.
 *
 * @param lengths tokens of each text, dealt in order
 * @param seed below 65 536
 */
export const requestTexts = (
  lengths: readonly number[],
  textsPerRequest: number,
  seed: number,
): (() => RequestTexts) => {
  const next = random(seed)
  let count = 0
  const text = (tokens: number): string => {
    const spelled = spell(seed * textsPerSeed + count++)
    const rest = Array.from({ length: tokens - 2 - numberWords }, () => words[Math.floor(next() * words.length)])
    return [...spelled, ...rest].join(' ')
  }
  return () => {
    let tokens = 0
    const texts = Array.from({ length: textsPerRequest }, () => {
      const length = lengths[count % lengths.length] ?? 0
      tokens += length
      return text(length)
    })
    return { texts, tokens }
  }
}

const spell = (number: number): (string | undefined)[] =>
  Array.from({ length: numberWords }, (_, place) => words[Math.floor(number / words.length ** place) % words.length])
