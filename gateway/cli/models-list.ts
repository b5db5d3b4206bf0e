import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import { isModelPath, knownModels, resolveModelFolder } from '../../backends/onnx/model/resolve.ts'
import { statSync } from 'node:fs'
import { loadConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { GatewayError } from '../core/errors.ts'
import type { Arguments } from './command.ts'
import { exitCode, type ExitCode } from './exit-code.ts'
import { print, type Io } from './io.ts'
import { localModelOf } from './local/local-model.ts'
import { table } from './table.ts'

/**
 * Prints the models of the configuration whose folders it names by a path, and all that can be named without one. A broken one is
 * listed with what is wrong.
 */
export const listModels = async (given: Arguments, io: Io): Promise<ExitCode> => {
  const { config } = loadConfig(given.text('config'), io.env)
  const { dataDir } = config
  const models = new Map([...knownModels(dataDir).map((name) => [name, name] as const), ...modelsByPath(config)])
  const head = ['NAME', 'DIMS', 'MAX TOKENS', 'SIZE', 'REVISION', 'FOLDER']
  print(io, ...table([head, ...[...models].map(([name, model]) => rowOf(name, model, dataDir))]))
  return exitCode.done
}

const modelsByPath = ({ models, backends }: Config): (readonly [name: string, path: string])[] =>
  Object.entries(models).flatMap(([name, { chain }]) => {
    const model = chain.map((backend) => localModelOf(backends[backend])).find((local) => local !== undefined)
    return model !== undefined && isModelPath(model) ? [[name, model] as const] : []
  })

const rowOf = (name: string, model: string, dataDir: string): string[] => {
  try {
    const { space, files, folder } = loadModelFiles(resolveModelFolder(model, dataDir))
    const sizeBytes = files.reduce((sum, { path }) => sum + statSync(path).size, 0)
    return [
      name,
      String(space.dims),
      String(space.maxTokens),
      `${(sizeBytes / 1e6).toFixed(1)} MB`,
      space.revision,
      folder,
    ]
  } catch (error) {
    if (error instanceof GatewayError) return [name, '-', '-', '-', '-', error.message]
    throw error
  }
}
