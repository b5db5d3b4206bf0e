/** The part of a BertNormalizer's settings that matters here. */
interface Normalizer {
  readonly type?: string
  readonly lowercase?: boolean
  readonly handle_chinese_chars?: boolean
}

/** The CJK extensions beyond 16 bits that BERT sets apart with spaces, as in Google's reference tokenizer. */
const extendedCjk = /[\u{20000}-\u{2A6DF}\u{2A700}-\u{2B81F}\u{2B820}-\u{2CEAF}\u{2F800}-\u{2FA1F}]/gu

/**
 * Makes up for two differences between the JavaScript tokenizer and the reference one, both of which change ids: it does
 * not see CJK characters beyond 16 bits, and JavaScript lowercases a final sigma to another letter than the reference.
 * Leaves texts of tokenizers without a BertNormalizer alone.
 */
export const bertTextFixes = (normalizer: Normalizer | undefined): ((text: string) => string) => {
  if (normalizer?.type !== 'BertNormalizer') return (text) => text
  return (text) => {
    const lowered = normalizer.lowercase ? text.replaceAll('Σ', 'σ') : text
    return normalizer.handle_chinese_chars ? lowered.replaceAll(extendedCjk, ' $& ') : lowered
  }
}
