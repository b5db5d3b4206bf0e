import type { LibraryTokenizer } from './tokenizer-library.ts'

/** The ids that a tokenizer's template puts around every text: [CLS] and [SEP], only BOS, only EOS, or nothing. */
export interface SpecialTokens {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Any text that every vocabulary can spell. */
const probe = 'a'

/** Finds them by encoding one text with and without them, so that no template has to be known by name. */
export const specialTokens = (tokenizer: Pick<LibraryTokenizer, 'encode'>): SpecialTokens => {
  const content = tokenizer.encode(probe, { add_special_tokens: false }).ids
  const whole = tokenizer.encode(probe).ids
  const starts = Array.from({ length: whole.length - content.length + 1 }, (_, start) => start)
  const start = starts.find((at) => content.every((id, index) => whole[at + index] === id)) ?? 0
  return { before: whole.slice(0, start), after: whole.slice(start + content.length) }
}
