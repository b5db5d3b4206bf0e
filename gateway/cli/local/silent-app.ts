import { dirname } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../../app.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { withPlaces } from '../../config/with-places.ts'
import type { Config } from '../../config/schema.ts'

/**
 * Uses the gateway of a configuration for one command, and closes it, whatever happens: it says nothing on standard output,
 * which is the command's, and wants no key.
 *
 * @throws GatewayError a start-up code
 */
export const withSilentApp = async <T>(loaded: LoadedConfig, use: (app: FastifyInstance) => Promise<T>): Promise<T> => {
  try {
    const app = await silentApp(loaded)
    try {
      return await use(app)
    } finally {
      await app.close()
    }
  } catch (error) {
    throw withPlaces(error, loaded)
  }
}

const silentApp = ({ config, path }: LoadedConfig): Promise<FastifyInstance> => {
  const changed: Config = {
    ...config,
    auth: { keys: [] },
    telemetry: { ...config.telemetry, logLevel: 'silent' },
  }
  return buildApp(changed, { ignoresOverrides: true, ...(path !== undefined && { baseDir: dirname(path) }) })
}
