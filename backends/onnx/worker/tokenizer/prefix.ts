/** The content of a text, without special tokens. */
export interface Content {
  readonly ids: readonly number[]
  /** Whether something was cut off. */
  readonly truncated: boolean
}

/** Enough for 256 tokens of most languages at the first attempt: English has 4 to 5 characters a token. */
const firstCharactersPerToken = 8
/**
 * The end of a prefix may be half a word, whose tokens are not those of the whole word. A word gives at most 100 tokens
 * (WordPiece reads longer ones as one unknown token), so this many at the end are not believed.
 */
const uncertainTokens = 128
/** Never read more of a text than this, or than 16 characters a token if that is more: it bounds the time for one text. */
const readCharacters = { min: 32_768, perToken: 16 } as const
/** Normalising a run of combining marks takes quadratic time; no language stacks more (UAX 15 allows 30). */
const longMarkRun = /(\p{Mn}{32})\p{Mn}+/gu
const whitespaceRun = /\s{2,}/g

/**
 * The first `limit` content tokens of a text of any length, in bounded time: tokenizes a prefix, and a longer one while
 * the prefix does not hold enough tokens. The tokens are exactly those of the whole text, except where 32 768 characters
 * (blanks not counted where blanks never become tokens) hold fewer than `limit` tokens: such text is cut there and says
 * so, and in texts that long, more than 32 combining marks on one letter count as 32.
 *
 * @param skipsWhitespace the tokenizer never makes a token of white space
 * @param tokenize content tokens of a string, without special tokens
 */
export const readPrefix = (
  text: string,
  limit: number,
  skipsWhitespace: boolean,
  tokenize: (text: string) => number[],
): Content => {
  const firstLength = limit * firstCharactersPerToken
  if (text.length <= firstLength) return cut(tokenize(text), limit, false)
  const longest = Math.max(readCharacters.min, limit * readCharacters.perToken)
  const packed = skipsWhitespace ? text.replaceAll(whitespaceRun, ' ') : text
  const readable = slice(packed, longest)
  const tame = readable.replaceAll(longMarkRun, '$1')
  const wanted = limit + uncertainTokens
  for (let length = firstLength; length < tame.length;) {
    const ids = tokenize(slice(tame, length))
    if (ids.length >= wanted) return cut(ids, limit, true)
    length = nextLength(length, ids.length, wanted)
  }
  return cut(tokenize(tame), limit, readable.length < packed.length)
}

const cut = (ids: number[], limit: number, truncated: boolean): Content =>
  ids.length > limit ? { ids: ids.slice(0, limit), truncated: true } : { ids, truncated }

/** As far as this text's own density says, with a quarter to spare; between twice and 16 times as much. */
const nextLength = (length: number, tokens: number, wanted: number): number =>
  Math.ceil(length * Math.min(16, Math.max(2, (1.25 * wanted) / Math.max(1, tokens))))

/** A prefix that does not end within a surrogate pair. */
const slice = (text: string, length: number): string => {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  const isHighSurrogate = last >= 0xd8_00 && last <= 0xdb_ff
  return text.slice(0, isHighSurrogate ? length - 1 : length)
}
