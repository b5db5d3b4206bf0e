import { resolve } from 'node:path'
import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import { isModelPath, resolveModelFolder } from '../../backends/onnx/model/resolve.ts'
import { verifyModelFiles } from '../../backends/onnx/model/verify.ts'
import { createBackends } from '../chain/create-backends.ts'
import { writeReferences } from '../chain/references-file.ts'
import { loadConfig, type LoadedConfig } from '../config/load.ts'
import type { Backend } from '../core/backend.ts'
import { BackendError, GatewayError } from '../core/errors.ts'
import { noLog } from '../core/log.ts'
import type { References } from '../core/model.ts'
import type { Space } from '../core/space.ts'
import type { Arguments } from './command.ts'
import { exitCode, type ExitCode } from './exit-code.ts'
import { replicaName } from '../core/replica-name.ts'
import { print, type Io } from './io.ts'
import { withSilentApp } from './local/silent-app.ts'
import { localModelOf } from './local/local-model.ts'
import { backendsBeside, chainReferences } from './verify/beside.ts'
import { parityOf, startBackend, vectorsOf } from './verify/parity-of.ts'
import { record } from './verify/record.ts'
import { verifyRemote } from './verify/verify-remote.ts'

/**
 * Verifies a model's files, and its vectors on every configured backend that names it or stands in a chain with one that does.
 *
 * @param name of the configuration, of a model that is here, or the path of its folder
 */
export const verifyModel = async (name: string, given: Arguments, io: Io): Promise<ExitCode> => {
  const loaded = loadConfig(given.text('config'), io.env)
  if (isRemote(name, loaded)) {
    return withSilentApp(loaded, (app) => verifyRemote(name, loaded, app, given.text('record'), io))
  }
  const modelName = localModel(name, loaded)
  const files = loadModelFiles(resolveModelFolder(modelName, loaded.config.dataDir))
  await verifyModelFiles(files)
  print(io, `ok  ${files.files.length} files of ${files.folder} have their checksums`)
  const local = backendsOf(modelName, loaded)
  const beside = backendsBeside(local, loaded.config)
  return withSilentApp(loaded, async (app) => {
    const { clock, meter, dataDir } = app
    const created = createBackends(
      loaded.config.backends,
      { [name]: { chain: [...local, ...beside.keys()] } },
      app.backends.kinds(),
      { log: noLog, clock, meter, dataDir },
    )
    const results: (boolean | undefined)[] = []
    let file = given.text('record')
    // What is to be recorded may be the file that the configuration names already.
    const own = file === undefined ? await chainReferences(name, loaded.config, files.references) : files.references
    for (const backend of [...created.values()].flatMap(({ replicas }) => replicas)) {
      if (!backend.computing) continue
      const model = beside.get(backend.name)
      const references = model ? await chainReferences(model, loaded.config, files.references) : own
      const result = await verifyOn(backend, references, files.space, loaded, model ? undefined : file, io)
      results.push(result)
      if (result !== undefined) file = undefined
    }
    if (results.every((result) => result === undefined)) print(io, 'no configured backend could be measured')
    return results.includes(true) && !results.includes(false) ? exitCode.done : exitCode.refused
  })
}

/** Whether it is a configured model without a local backend: there are no files to look at. */
const isRemote = (name: string, { config }: LoadedConfig): boolean => {
  const chain = config.models[name]?.chain
  return chain !== undefined && !chain.some((backend) => config.backends[backend]?.kind === 'onnx')
}

/** What local backends call it: a name of the configuration stands for the model of its first local backend. */
const localModel = (name: string, { config }: LoadedConfig): string => {
  const chain = config.models[name]?.chain ?? []
  const [configured] = chain.flatMap((backend) => localModelOf(config.backends[backend]) ?? [])
  return configured ?? (isModelPath(name) ? resolve(name) : name)
}

const backendsOf = (name: string, { config }: LoadedConfig): string[] => {
  const names = Object.keys(config.backends).filter((backend) => localModelOf(config.backends[backend]) === name)
  if (names.length > 0) return names
  throw new GatewayError('EG_CONFIG_INVALID', `no backend of the configuration has the model ${name}`)
}

/** @returns whether it is near enough; undefined when its device is not here */
const verifyOn = async (
  backend: Backend,
  references: References | undefined,
  space: Space,
  { config }: LoadedConfig,
  file: string | undefined,
  io: Io,
): Promise<boolean | undefined> => {
  const name = replicaName(backend.name, backend.replica)
  try {
    await startBackend(backend, config.timeouts.modelLoadMs)
    if (file !== undefined) {
      const recorded = references
        ? { ...references, vectors: await vectorsOf(backend, space, references.texts) }
        : await record(backend, space, 'truncate', config.timeouts.inferenceMs, io)
      await writeReferences(file, recorded)
      print(io, `ok  ${name}: the vectors of ${recorded.texts.length} texts are now ${file}`)
    }
    if (references === undefined) {
      print(io, `--  ${name}: the model has no references, so parity cannot be measured`)
      return file === undefined ? undefined : true
    }
    const { min, mean } = parityOf(await vectorsOf(backend, space, references.texts), references)
    const floor = floorOf(backend.name, config)
    const isNear = min >= floor
    const measured = `min cosine ${min.toFixed(7)}, mean ${mean.toFixed(7)} over ${references.texts.length} texts`
    print(io, `${isNear ? 'ok' : 'no'}  ${name}: ${measured}; minParity is ${floor}`)
    return isNear
  } catch (error) {
    const isAbsent = error instanceof BackendError && error.fault === 'absent'
    print(io, `${isAbsent ? '--' : 'no'}  ${name}: ${error instanceof Error ? error.message : String(error)}`)
    return isAbsent ? undefined : false
  } finally {
    await backend.close()
  }
}

/** The strictest of the models that have this backend in their chain. */
const floorOf = (backend: string, { models }: LoadedConfig['config']): number =>
  Math.max(
    ...Object.values(models)
      .filter(({ chain }) => chain.includes(backend))
      .map(({ minParity }) => minParity),
    -1,
  )
