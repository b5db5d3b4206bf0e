import { loadModelFiles } from '../../backends/onnx/model/model-files.ts'
import { knownModels, resolveModelFolder } from '../../backends/onnx/model/resolve.ts'
import { statSync } from 'node:fs'
import { loadConfig } from '../config/load.ts'
import { GatewayError } from '../core/errors.ts'
import type { Arguments } from './command.ts'
import { exitCode, type ExitCode } from './exit-code.ts'
import { print, type Io } from './io.ts'
import { table } from './table.ts'

/** Prints the models that can be named without a path. A broken one is listed with what is wrong. */
export const listModels = async (given: Arguments, io: Io): Promise<ExitCode> => {
  const { dataDir } = loadConfig(given.text('config'), io.env).config
  const head = ['NAME', 'DIMS', 'MAX TOKENS', 'SIZE', 'REVISION', 'FOLDER']
  print(io, ...table([head, ...knownModels(dataDir).map((name) => rowOf(name, dataDir))]))
  return exitCode.done
}

const rowOf = (name: string, dataDir: string): string[] => {
  try {
    const { space, files, folder } = loadModelFiles(resolveModelFolder(name, dataDir))
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
