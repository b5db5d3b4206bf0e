import { distance } from 'fastest-levenshtein'

/** More than a third of the letters wrong is another word, not a slip. */
const mostWrongRatio = 1 / 3

/** The candidate that `word` most likely means, for "did you mean"; undefined when none is close. Letter case is ignored. */
export const nearest = (word: string, candidates: Iterable<string>): string | undefined => {
  let best: string | undefined
  let bestDistance = Infinity
  for (const candidate of candidates) {
    const wrong = distance(word.toLowerCase(), candidate.toLowerCase())
    const longest = Math.max(word.length, candidate.length)
    if (wrong < bestDistance && wrong <= Math.max(1, Math.ceil(longest * mostWrongRatio))) {
      best = candidate
      bestDistance = wrong
    }
  }
  return best
}
