/** Guesses token counts from byte lengths, and learns from the counts that come back. */
export interface TokenEstimate {
  /** Tokens of one text: min(maxTokens, bytes / bytesPerToken + 2), the 2 being the special tokens. */
  tokensOf(text: string): number
  /** Sum over texts. */
  tokensOfAll(texts: readonly string[]): number
  /** Learns from counted texts; truncated ones say nothing. */
  learn(texts: readonly string[], tokens: ArrayLike<number>, truncated: ArrayLike<number>): void
}

/** English prose in WordPiece tokens; the first answers correct it. */
const initialBytesPerToken = 4
/** Code and rare scripts come down to one byte a token, never below; long words do not count as one token for ever. */
const bytesPerTokenRange = { min: 1, max: 8 } as const
/** Weight of one more answer against all earlier ones. */
const learningRate = 0.05

/** An estimate for a model that reads `maxTokens` tokens a text. */
export const tokenEstimate = (maxTokens: number): TokenEstimate => {
  let bytesPerToken = initialBytesPerToken
  const tokensOf = (text: string): number => Math.min(maxTokens, Math.ceil(Buffer.byteLength(text) / bytesPerToken) + 2)
  return {
    tokensOf,
    tokensOfAll: (texts) => texts.reduce((sum, text) => sum + tokensOf(text), 0),
    learn: (texts, tokens, truncated) => {
      let bytes = 0
      let counted = 0
      texts.forEach((text, row) => {
        const count = tokens[row] ?? 0
        if (truncated[row] || count <= 2) return
        bytes += Buffer.byteLength(text)
        counted += count - 2
      })
      if (counted === 0) return
      const observed = Math.min(bytesPerTokenRange.max, Math.max(bytesPerTokenRange.min, bytes / counted))
      bytesPerToken += learningRate * (observed - bytesPerToken)
    },
  }
}
