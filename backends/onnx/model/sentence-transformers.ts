import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Pooling } from '../../../gateway/core/space.ts'
import { fetchAgain, modelCorrupt } from './corrupt.ts'
import { graphRevision } from './graph-revision.ts'
import type { JsonFile } from './json-file.ts'
import { parseFile, readJsonFile, readJsonFileIfAny } from './json-file.ts'
import type { ModelFiles } from './model-files.ts'

/** Where exports put the graph, in order of preference. */
const graphPlaces = ['onnx/model.onnx', 'model.onnx'] as const
/** Keys under which models trained for it name the widths that their vectors may be cut to. */
const matryoshkaKeys = ['matryoshka_dimensions', 'matryoshka_dims'] as const
/** Hugging Face writes 1e30 as `model_max_length` when nobody set it; no model reads that much. */
const largestBelievableLength = 1_000_000

/**
 * Reads a folder as sentence-transformers and its ONNX exports lay it out. The revision is a prefix of the SHA-256 of the
 * graph. Without `modules.json` the model is taken as mean pooling with normalisation, as sentence-transformers does for
 * pooling, and because a gateway's vectors are compared by their inner product.
 *
 * @throws GatewayError `EG_MODEL_CORRUPT`
 */
export const readSentenceTransformers = (folder: string, name: string): ModelFiles => {
  const at = (file: string): string => join(folder, file)
  const config = readJsonFile(at('config.json'))
  const settings = readJsonFileIfAny(at('config_sentence_transformers.json'))
  const place = graphPlaces.find((each) => existsSync(at(each)))
  if (!place) throw modelCorrupt(folder, `has no ${graphPlaces.join(' or ')}`, 'export the model to ONNX first')
  const graphPath = at(place)
  const externalPath = `${graphPath}_data`
  const graphFiles = existsSync(externalPath) ? [graphPath, externalPath] : [graphPath]
  const configPath = at('tokenizer_config.json')
  const tokenizer = { path: at('tokenizer.json'), ...(existsSync(configPath) && { configPath }) }
  const modules = moduleTypes(at('modules.json'))
  return {
    folder,
    space: {
      model: name,
      revision: graphRevision(graphFiles),
      dims: config.count('hidden_size'),
      pooling: poolingOf(readJsonFileIfAny(at('1_Pooling/config.json'))),
      normalized: modules === undefined || modules.includes('Normalize'),
      maxTokens: maxTokensOf(folder, config),
      prompts: settings?.texts('prompts') ?? {},
    },
    graph: { path: graphPath, normalizes: false },
    tokenizer,
    matryoshkaDims: matryoshkaDimsOf([settings, config]),
    files: [...graphFiles, tokenizer.path].map((path) => ({ path })),
  }
}

/** The last part of each module's class name, undefined without a list of modules. */
const moduleTypes = (path: string): string[] | undefined => {
  if (!existsSync(path)) return undefined
  const listed = parseFile(path)
  if (!Array.isArray(listed)) throw modelCorrupt(path, 'must be a list of modules', fetchAgain)
  const types = listed.map((entry: unknown) => String(Object(entry).type).split('.').at(-1) ?? '')
  const unknown = types.find((type) => !['Transformer', 'Pooling', 'Normalize'].includes(type))
  if (unknown) {
    throw modelCorrupt(
      path,
      `the module ${basename(unknown)} is not supported`,
      'use a model of Transformer and Pooling',
    )
  }
  return types
}

const poolingOf = (config: JsonFile | undefined): Pooling => {
  if (!config) return 'mean'
  const modes: readonly [string, Pooling][] = [
    ['pooling_mode_mean_tokens', 'mean'],
    ['pooling_mode_cls_token', 'cls'],
    ['pooling_mode_lasttoken', 'last'],
  ]
  const chosen = modes.filter(([key]) => config.get(key) === true).map(([, pooling]) => pooling)
  const [pooling, ...others] = chosen
  if (!pooling || others.length > 0) {
    throw modelCorrupt(config.path, 'the pooling is neither mean, cls nor last token', 'use a model with one of these')
  }
  return pooling
}

const maxTokensOf = (folder: string, config: JsonFile): number => {
  const own = readJsonFileIfAny(join(folder, 'sentence_bert_config.json'))?.countIfAny('max_seq_length')
  if (own !== undefined) return own
  const byTokenizer = Number(readJsonFileIfAny(join(folder, 'tokenizer_config.json'))?.get('model_max_length'))
  const byModel = config.countIfAny('max_position_embeddings')
  const known = [byTokenizer, byModel ?? Number.NaN].filter((each) => each > 0 && each < largestBelievableLength)
  if (known.length === 0) {
    throw modelCorrupt(config.path, 'nothing says how many tokens the model reads', 'set max_position_embeddings')
  }
  return Math.min(...known)
}

const matryoshkaDimsOf = (files: readonly (JsonFile | undefined)[]): readonly number[] =>
  files.flatMap((file) => matryoshkaKeys.map((key) => file?.counts(key) ?? [])).find((dims) => dims.length > 0) ?? []
