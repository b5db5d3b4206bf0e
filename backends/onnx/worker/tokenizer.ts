import { modelCorrupt } from '../model/corrupt.ts'
import { parseFile } from '../model/json-file.ts'
import type { ModelFiles } from '../model/model-files.ts'
import { bertTextFixes } from './tokenizer/bert-text.ts'
import { readPrefix } from './tokenizer/prefix.ts'
import { specialTokens } from './tokenizer/special-tokens.ts'
import { type LibraryTokenizer, type TokenizerFile, openTokenizer } from './tokenizer/tokenizer-library.ts'
import { boundWordPiece } from './tokenizer/word-piece.ts'

/** A text as the model reads it. */
export interface EncodedText {
  /** Special tokens included; at least one, at most the model's limit. */
  readonly ids: Int32Array
  /** Whether the text was cut to the limit. */
  readonly truncated: boolean
}

/** Turns texts into token ids. */
export interface Tokenizer {
  encode(text: string): EncodedText
  /** What fills shorter rows up to the longest of their batch; models are told to ignore it. */
  readonly padId: number
}

/**
 * Reads tokenizer.json (and tokenizer_config.json, where there is one). Truncation and padding settings in the file are
 * not used: the limit is `maxTokens`, and rows are padded where batches are made.
 *
 * @throws GatewayError `EG_MODEL_CORRUPT` when it is not a tokenizer this program can run
 */
export const loadTokenizer = (files: ModelFiles['tokenizer'], maxTokens: number): Tokenizer => {
  const file: TokenizerFile = Object(parseFile(files.path))
  const config: object = files.configPath === undefined ? {} : Object(parseFile(files.configPath))
  const library = openLibrary(files.path, file, config)
  const fixText = bertTextFixes(file.normalizer)
  const content = (text: string): number[] => library.encode(fixText(text), { add_special_tokens: false }).ids
  const { before, after } = specialTokens(library)
  const contentTokens = maxTokens - before.length - after.length
  if (contentTokens < 1) {
    throw modelCorrupt(files.path, `leaves no room for a text in ${maxTokens} tokens`, "raise the model's limit")
  }
  const skipsWhitespace = file.pre_tokenizer?.type === 'BertPreTokenizer'
  const padId = padIdOf(file)
  return {
    padId,
    encode: (text) => {
      const { ids, truncated } = readPrefix(text, contentTokens, skipsWhitespace, content)
      const all = Int32Array.from([...before, ...ids, ...after])
      // A model cannot read nothing; without special tokens, blank text would be that.
      return { ids: all.length > 0 ? all : Int32Array.of(padId), truncated }
    },
  }
}

const openLibrary = (path: string, file: TokenizerFile, config: object): LibraryTokenizer => {
  try {
    const library = openTokenizer(file, config)
    boundWordPiece(library, file)
    return library
  } catch (error) {
    throw modelCorrupt(path, `is not a tokenizer: ${String(error)}`, 'use a model with a fast tokenizer', error)
  }
}

const padIdOf = (file: TokenizerFile): number =>
  file.padding?.pad_id ?? file.added_tokens?.find(({ content }) => /^(\[PAD\]|<pad>)$/.test(content))?.id ?? 0
