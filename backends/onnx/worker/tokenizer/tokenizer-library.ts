import { Tokenizer } from '@huggingface/tokenizers'

/** What is used of the library's tokenizer. Its own type declarations cannot be resolved by Node's rules. */
export interface LibraryTokenizer {
  encode(text: string, options?: { readonly add_special_tokens: boolean }): { readonly ids: number[] }
  readonly model: {
    /** Splits words into vocabulary entries. */
    encode(words: readonly string[]): string[]
    readonly tokens_to_ids: ReadonlyMap<string, number>
  }
}

/** The parts of tokenizer.json that are read here; the library reads the rest. */
export interface TokenizerFile {
  readonly model?: {
    readonly type?: string
    readonly unk_token?: string
    readonly continuing_subword_prefix?: string
    readonly max_input_chars_per_word?: number
  }
  readonly normalizer?: {
    readonly type?: string
    readonly lowercase?: boolean
    readonly handle_chinese_chars?: boolean
  }
  readonly pre_tokenizer?: { readonly type?: string }
  readonly padding?: { readonly pad_id?: number }
  readonly added_tokens?: readonly { readonly id: number; readonly content: string }[]
}

/**
 * Opens a tokenizer.
 *
 * @param file content of tokenizer.json
 * @param config content of tokenizer_config.json, or an empty object
 * @throws Error when it is of a kind that the library does not know
 */
export const openTokenizer = (file: TokenizerFile, config: object): LibraryTokenizer =>
  new Tokenizer(file, config) as LibraryTokenizer
