import { join } from 'node:path'
import type { Pooling } from '../../../gateway/core/space.ts'
import { fetchAgain, modelCorrupt } from './corrupt.ts'
import type { JsonFile } from './json-file.ts'
import { readJsonFile } from './json-file.ts'
import type { ModelFile, ModelFiles } from './model-files.ts'
import { readReferences } from './references.ts'

const version = 1
const poolings: readonly Pooling[] = ['mean', 'cls', 'last']

/**
 * Reads a model folder with our own `manifest.json`: identity, graph, and the size and SHA-256 of every file.
 *
 * @throws GatewayError `EG_MODEL_CORRUPT`
 */
export const readManifest = (folder: string): ModelFiles => {
  const manifest = readJsonFile(join(folder, 'manifest.json'))
  if (manifest.get('manifestVersion') !== version) {
    throw modelCorrupt(manifest.path, `manifestVersion must be ${version}`, 'install a release that reads this version')
  }
  const dims = manifest.count('dims')
  const graph = manifest.object('tiers').object('reference')
  const files = filesOf(manifest, folder)
  const listed = (name: string): string => {
    if (!files.has(name)) throw modelCorrupt(manifest.path, `files does not list ${name}`, fetchAgain)
    return join(folder, name)
  }
  return {
    folder,
    space: {
      model: manifest.text('name'),
      revision: manifest.text('revision'),
      dims,
      pooling: poolingOf(manifest),
      normalized: manifest.flag('normalized'),
      maxTokens: manifest.count('maxTokens'),
      prompts: manifest.texts('prompts'),
    },
    graph: { path: listed(graph.text('graph')), normalizes: graph.flag('normalizationInGraph') },
    tokenizer: { path: listed(manifest.text('tokenizer')) },
    matryoshkaDims: manifest.counts('matryoshkaDims'),
    ...goldens(manifest, dims, listed),
    files: [...files.values()],
  }
}

const poolingOf = (manifest: JsonFile): Pooling => {
  const named = manifest.text('pooling')
  const pooling = poolings.find((each) => each === named)
  if (!pooling) throw modelCorrupt(manifest.path, `pooling must be one of ${poolings.join(', ')}`, fetchAgain)
  return pooling
}

const filesOf = (manifest: JsonFile, folder: string): ReadonlyMap<string, ModelFile> => {
  const entries = manifest.object('files')
  const names = Object.keys(Object(manifest.get('files')))
  return new Map(
    names.map((name) => {
      const entry = entries.object(name)
      return [name, { path: join(folder, name), bytes: entry.count('bytes'), sha256: entry.text('sha256') }]
    }),
  )
}

const goldens = (manifest: JsonFile, dims: number, listed: (name: string) => string) => {
  if (manifest.get('golden') === undefined) return {}
  const golden = manifest.object('golden')
  return { references: readReferences(listed(golden.text('texts')), listed(golden.text('vectors')), dims) }
}
