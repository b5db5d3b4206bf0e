import { existsSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { References } from '../../../gateway/core/model.ts'
import type { Space } from '../../../gateway/core/space.ts'
import { fetchAgain, modelCorrupt } from './corrupt.ts'
import { readManifest } from './manifest.ts'
import { readSentenceTransformers } from './sentence-transformers.ts'

/** A file that the model cannot do without. */
export interface ModelFile {
  readonly path: string
  /** What the manifest says; undefined for formats that do not. */
  readonly bytes?: number
  /** 64 hex digits; undefined for formats that do not say. */
  readonly sha256?: string
}

/** What is to be known about a model's ONNX graph before it is loaded. */
export interface Graph {
  readonly path: string
  /** true: its rows leave the graph with L2 norm 1; false: they are normalised after it where the space wants that. */
  readonly normalizes: boolean
}

/** A model as it lies on disk, read without loading it. */
export interface ModelFiles {
  readonly folder: string
  readonly space: Space
  readonly graph: Graph
  readonly tokenizer: {
    /** The path of tokenizer.json. */
    readonly path: string
    /** The path of tokenizer_config.json, where the model has one. */
    readonly configPath?: string
  }
  /** Widths the vectors may be cut to; empty for models not trained for that. */
  readonly matryoshkaDims: readonly number[]
  /** Undefined: the model ships none. */
  readonly references?: References
  readonly files: readonly ModelFile[]
}

/** Whether a folder holds a model in one of the formats that `loadModelFiles` reads. */
export const isModelFolder = (folder: string): boolean =>
  existsSync(join(folder, 'manifest.json')) || existsSync(join(folder, 'config.json'))

/**
 * Reads what a model folder says about itself: our own `manifest.json`, or the files of a sentence-transformers export.
 * Checks that every file is there and has the size that the manifest says; checksums are `verifyModelFiles`'s work.
 *
 * @param name what a model without a manifest is called, by default its folder's name
 * @throws GatewayError `EG_MODEL_CORRUPT` with the path, the reason and a remedy
 */
export const loadModelFiles = (folder: string, name: string = basename(folder)): ModelFiles => {
  if (!isModelFolder(folder)) {
    throw modelCorrupt(folder, 'holds neither manifest.json nor config.json', 'give the path of a model folder')
  }
  const hasManifest = existsSync(join(folder, 'manifest.json'))
  const model = hasManifest ? readManifest(folder) : readSentenceTransformers(folder, name)
  model.files.forEach(checkSize)
  return model
}

const checkSize = ({ path, bytes }: ModelFile): void => {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined) throw modelCorrupt(path, 'is missing', fetchAgain)
  if (bytes !== undefined && found.size !== bytes) {
    throw modelCorrupt(path, `has ${found.size} bytes, the manifest says ${bytes}`, fetchAgain)
  }
}
