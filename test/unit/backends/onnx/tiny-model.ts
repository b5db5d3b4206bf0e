import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { onTestFinished } from 'vitest'

/** The graph of test/fixtures/token-vectors: the vector of token i is [i, i * i, 1, -i]. */
export const tokenVectorsGraph = resolve(import.meta.dirname, '../../../fixtures/token-vectors/token-vectors.onnx')

/** An empty folder that goes away with the test. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'embedgate-model-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Writes files, making folders as needed. Values that are not strings or bytes are written as JSON. */
export const writeFiles = (folder: string, files: Readonly<Record<string, unknown>>): string => {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(
      path,
      typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
    )
  }
  return folder
}

const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b', 'c', '##a', '##b', '##c', '.', 'ab', '##ab']

const special = (content: string) => ({
  id: vocabulary.indexOf(content),
  content,
  special: true,
  normalized: false,
  lstrip: false,
  rstrip: false,
  single_word: false,
})

const template = (before: readonly string[], after: readonly string[]) => ({
  type: 'TemplateProcessing',
  single: [
    ...before.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
    { Sequence: { id: 'A', type_id: 0 } },
    ...after.map((id) => ({ SpecialToken: { id, type_id: 0 } })),
  ],
  pair: [],
  special_tokens: {},
})

/** tokenizer.json of a WordPiece tokenizer over a, b and c. */
export const tinyTokenizer = (before: readonly string[] = ['[CLS]'], after: readonly string[] = ['[SEP]']) => ({
  version: '1.0',
  added_tokens: ['[PAD]', '[UNK]', '[CLS]', '[SEP]'].map(special),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: template(before, after),
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
  },
})

/** The pooling settings of a sentence-transformers folder. */
export const poolingConfig = (mode: 'mean_tokens' | 'cls_token' | 'lasttoken' | 'max_tokens') => ({
  word_embedding_dimension: 4,
  pooling_mode_mean_tokens: false,
  [`pooling_mode_${mode}`]: true,
})

/** The modules of a sentence-transformers folder. */
export const modulesOf = (...types: readonly string[]) =>
  types.map((type, idx) => ({ idx, name: String(idx), path: '', type: `sentence_transformers.models.${type}` }))

/** A sentence-transformers folder over the token-vectors graph; `files` replaces or adds. */
export const tinyModel = (files: Readonly<Record<string, unknown>> = {}): string => {
  const folder = writeFiles(temporaryFolder(), {
    'config.json': { hidden_size: 4, max_position_embeddings: 64 },
    'tokenizer.json': tinyTokenizer(),
    'tokenizer_config.json': { model_max_length: 32 },
    'sentence_bert_config.json': { max_seq_length: 8 },
    'modules.json': modulesOf('Transformer', 'Pooling', 'Normalize'),
    '1_Pooling/config.json': poolingConfig('mean_tokens'),
    'onnx/unused': '',
    ...files,
  })
  copyFileSync(tokenVectorsGraph, join(folder, 'onnx/model.onnx'))
  return folder
}
