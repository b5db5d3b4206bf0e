import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'

/**
 * The gateway of a configuration for one command: it says nothing on standard output, which is the command's, and wants no
 * key. Must be closed.
 *
 * @throws GatewayError a start-up code
 */
export const silentApp = (loaded: LoadedConfig, changes: Partial<Config> = {}): Promise<FastifyInstance> => {
  const { config, path } = loaded
  const changed: Config = {
    ...config,
    auth: { keys: [] },
    ...changes,
    telemetry: { ...config.telemetry, logLevel: 'silent' },
  }
  return buildApp(changed, { ignoresOverrides: true, ...(path !== undefined && { baseDir: dirname(path) }) })
}

/** Uses an app and closes it, whatever happens. */
export const withApp = async <T>(app: FastifyInstance, use: (app: FastifyInstance) => Promise<T>): Promise<T> => {
  try {
    return await use(app)
  } finally {
    await app.close()
  }
}
