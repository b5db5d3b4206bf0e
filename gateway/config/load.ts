import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { checkMeaning } from './check-meaning.ts'
import { checkShape } from './check.ts'
import { defaultBackends, defaultModels } from './default.ts'
import { configInvalid, type Fault } from './fault.ts'
import { parseFile } from './parse.ts'
import { readConfigFile } from './read-file.ts'
import { Config } from './schema.ts'
import { isMap, withDefaults } from './with-defaults.ts'

/** A valid configuration and where it is from. */
export interface LoadedConfig {
  readonly config: Config
  /** Absolute; undefined for the embedded default. */
  readonly path?: string
  /** The file as it was written, variables not put in; empty for the embedded default. */
  readonly text: string
  /** Where the value of a dotted key is, e.g. `embedgate.yaml:12:3`; undefined where the file says nothing of it. */
  readonly placeOf?: (key: string) => string | undefined
  /** Lines about what is allowed but hardly meant. */
  readonly warnings: readonly string[]
}

/** The files that are used when none is named: the first one that is there. */
const defaultFileNames = ['embedgate.yaml', 'embedgate.yml'] as const

/**
 * Reads the configuration: the named file, or `embedgate.yaml` or `embedgate.yml` in the working directory, or the embedded default.
 *
 * Sections and keys that a file leaves out have their defaults. `backends` and `models` are not merged with the default
 * ones: a file that names backends has exactly these, and must name its models too.
 *
 * @throws GatewayError `EG_CONFIG_INVALID` with all faults, a line each: place in the file, key, what was expected
 */
export const loadConfig = (path?: string, env: NodeJS.ProcessEnv = process.env): LoadedConfig => {
  const [found, ...others] = path === undefined ? defaultFileNames.filter((file) => existsSync(file)) : []
  const name = path ?? found
  if (name === undefined) return { config: parseConfig('default', '', env).config, text: '', warnings: [] }
  const text = readConfigFile(name)
  const { config, warnings, ...parsed } = parseConfig(name, text, env)
  const passedOver = others.map((file) => `${file} is not read: ${name} is here too`)
  const absolute = resolve(name)
  return {
    config: withAbsolutePaths(config, dirname(absolute)),
    path: absolute,
    text,
    warnings: [...warnings, ...passedOver],
    ...parsed,
  }
}

/**
 * Checks the text of a configuration file and completes it.
 *
 * @param name of the file, for messages
 * @throws GatewayError `EG_CONFIG_INVALID`
 */
export const parseConfig = (
  name: string,
  text: string,
  env: NodeJS.ProcessEnv,
): Omit<LoadedConfig, 'path' | 'text'> => {
  const file = parseFile(name, text, env)
  if (file.value !== undefined && file.value !== null && !isMap(file.value)) {
    throw configInvalid([`${name}: expected a map of keys at the top, such as "server:"`])
  }
  const written = file.value ?? {}
  const value = withDefaults(Config, withDefaultBackends(written))
  const meaning = checkMeaning(value)
  const faults = [...file.faults, ...missingModels(written), ...checkShape(value), ...meaning.faults]
  if (faults.length > 0) throw configInvalid(file.linesOf(onePerPlace(faults)))
  // Nobody wrote the default backends, so nobody left one over.
  const warnings = meaning.warnings.filter(({ path }) => written['backends'] !== undefined || path[0] !== 'backends')
  return { config: value as Config, warnings: file.linesOf(warnings), placeOf: file.placeOf }
}

const withDefaultBackends = (written: Record<string, unknown>): Record<string, unknown> => {
  const backends = written['backends'] ?? defaultBackends
  const models = written['models'] ?? (written['backends'] ? {} : defaultModels)
  return { ...written, backends, models }
}

const missingModels = (written: Record<string, unknown>): Fault[] =>
  written['backends'] && !written['models']
    ? [{ path: ['models'], reason: 'is missing; a file that sets backends says which models they serve' }]
    : []

/** The first fault of a place says enough: a variable that is not set is also not a number. */
const onePerPlace = (faults: readonly Fault[]): Fault[] =>
  [...new Map(faults.toReversed().map((fault) => [fault.path.join('\0'), fault])).values()].toReversed()

/** A folder of a model and a file of references are found beside the file that names them, wherever the gateway is started. */
const withAbsolutePaths = (config: Config, folder: string): Config => ({
  ...config,
  backends: Object.fromEntries(
    Object.entries(config.backends).map(([name, backend]) => [name, withAbsoluteModel(backend, folder)]),
  ),
  models: Object.fromEntries(
    Object.entries(config.models).map(([name, model]) => [
      name,
      model.references === undefined ? model : { ...model, references: resolve(folder, model.references) },
    ]),
  ),
})

/** Of kind `onnx` only: the options of another kind are its own. */
const withAbsoluteModel = (backend: Config['backends'][string], folder: string): Config['backends'][string] => {
  const { model } = backend as { readonly model?: unknown }
  const isRelative = backend.kind === 'onnx' && typeof model === 'string' && /^\.\.?(\/|$)/.test(model)
  return isRelative ? Object.assign({}, backend, { model: resolve(folder, model) }) : backend
}
