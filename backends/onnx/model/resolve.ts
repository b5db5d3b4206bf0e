import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { GatewayError } from '../../../gateway/core/errors.ts'
import { isModelFolder } from './model-files.ts'
import { whyNoModelFolder } from './why-no-model-folder.ts'

/** Models that are npm packages: the name in configurations, and the package. */
export const embeddedModels: Readonly<Record<string, string>> = {
  'all-MiniLM-L6-v2': '@embedgate/model-all-minilm-l6-v2',
}

/**
 * The folder of a model: a path to a model folder, `<dataDir>/models/<name>`, or an embedded model's package. A path begins
 * with `.` or `/`, and starts at the working directory.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` with what the folder lacks, or with the names that would do
 */
export const resolveModelFolder = (name: string, dataDir: string): string => {
  const folder = isModelPath(name) ? resolve(name) : (downloaded(name, dataDir) ?? embedded(name))
  if (folder !== undefined && isModelFolder(folder)) return folder
  const known = knownModels(dataDir).join(', ')
  const reason =
    folder === undefined
      ? `there is no model ${JSON.stringify(name)}: known are ${known}; the path of a model folder, such as ./${name}, will do as well`
      : whyNoModelFolder(folder)
  throw new GatewayError('EG_CONFIG_INVALID', reason, { param: 'model' })
}

/** Whether a model is named by the path of its folder. */
export const isModelPath = (name: string): boolean => isAbsolute(name) || /^\.\.?(\/|$)/.test(name)

/** The names that can be given without a path: downloaded models, then embedded ones. */
export const knownModels = (dataDir: string): readonly string[] => [
  ...new Set([...downloadedModels(dataDir), ...Object.keys(embeddedModels)]),
]

const downloaded = (name: string, dataDir: string): string | undefined => {
  const folder = resolve(dataDir, 'models', name)
  return isModelFolder(folder) ? folder : undefined
}

const embedded = (name: string): string | undefined => {
  const packageName = Object.hasOwn(embeddedModels, name) ? embeddedModels[name] : undefined
  if (packageName === undefined) return undefined
  try {
    return dirname(createRequire(import.meta.url).resolve(`${packageName}/manifest.json`))
  } catch (error) {
    const message = `the package ${packageName} of model ${name} is not installed; install it with npm`
    throw new GatewayError('EG_MODEL_CORRUPT', message, { cause: error })
  }
}

/** Folders below `<dataDir>/models`, one or two levels deep: `name` and `owner/name`. */
const downloadedModels = (dataDir: string): readonly string[] => {
  const root = resolve(dataDir, 'models')
  const below = (parent: string): string[] =>
    foldersIn(join(root, parent)).map((name) => (parent === '' ? name : `${parent}/${name}`))
  const owners = below('')
  return [...owners, ...owners.flatMap(below)].filter((name) => isModelFolder(join(root, name)))
}

const foldersIn = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  } catch {
    return []
  }
}
